using Athena.Gateway.Affinity;
using Athena.Gateway.Edge;
using Athena.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Gateway.Tests.Affinity;

public sealed class VisitorPinsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LastGoodOptions<GatewayOptions> _last;
    private readonly IOptions<GatewayOptions> _options;
    private readonly AffinityKeyring _keyring;
    private readonly VisitorPins _pins;

    public VisitorPinsTests()
    {
        static void Set(GatewayOptions options)
        {
            options.Affinity.Add(new AffinityOptions { Farm = "web", By = AffinityKey.Issued, Name = "sid", Lifetime = TimeSpan.FromHours(1) });
            options.Affinity.Add(new AffinityOptions { Farm = "session", By = AffinityKey.Issued, Name = "other" });
        }
        var factory = new OptionsFactory<GatewayOptions>([new ConfigureOptions<GatewayOptions>(Set)], []);
        _last = new LastGoodOptions<GatewayOptions>(factory, new ConfigurationBuilder().Build(), NullLogger<LastGoodOptions<GatewayOptions>>.Instance);
        _options = Options.Create(_last.Current);
        _keyring = new AffinityKeyring(_last, NullLogger<AffinityKeyring>.Instance);
        _pins = new VisitorPins(_options, _keyring, _time);
    }

    [Theory]
    [InlineData(0, "a", false)]
    [InlineData(29, "a", false)]
    [InlineData(30, "a", true)]
    [InlineData(59, "a", true)]
    [InlineData(60, null, true)]
    [InlineData(600, null, true)]
    [InlineData(-5, "a", false)]
    [InlineData(-6, null, false)]
    public void A_cookie_ends_with_its_lifetime_and_is_renewed_from_half_of_it_on(int minutes, string? server, bool isOld)
    {
        _time.Advance(TimeSpan.FromDays(1));
        var cookie = _keyring.Seal("web", "a", _time.GetUtcNow() - TimeSpan.FromMinutes(minutes));
        var context = Visit($"sid={cookie}");
        Assert.Equal(server, _pins.Take(context, "WEB"));
        var pin = context.Features.Get<VisitorPin>()!;
        Assert.Equal((server, true, isOld), (pin.Server, pin.HadCookie, pin.IsOld));
    }

    [Fact]
    public void Without_a_lifetime_a_cookie_is_good_as_long_as_its_key()
    {
        var cookie = _keyring.Seal("session", "a", _time.GetUtcNow());
        _time.Advance(TimeSpan.FromDays(3650));
        var context = Visit($"other={cookie}");
        Assert.Equal("a", _pins.Take(context, "session"));
        Assert.False(context.Features.Get<VisitorPin>()!.IsOld);
    }

    [Theory]
    [InlineData("sid={0}", "")]
    [InlineData("x=1; sid={0}; y=2", "x=1; y=2")]
    [InlineData("sid={0}; sid=forged", "")]
    [InlineData("xsid=1; sid={0}; sid2=2; sid", "xsid=1; sid2=2; sid")]
    public void The_cookie_is_taken_out_and_the_others_stay(string cookies, string left)
    {
        var context = Visit(string.Format(System.Globalization.CultureInfo.InvariantCulture, cookies, _keyring.Seal("web", "a", _time.GetUtcNow())));
        Assert.Equal("a", _pins.Take(context, "web"));
        Assert.Equal(left, context.Request.Headers.Cookie.ToString());
    }

    [Fact]
    public void A_farm_without_issued_cookies_has_no_pin_and_one_with_them_no_hash_key()
    {
        var context = Visit("sid=x");
        Assert.Null(_pins.Take(context, "elsewhere"));
        Assert.Null(context.Features.Get<VisitorPin>());
        Assert.Equal("sid=x", context.Request.Headers.Cookie.ToString());
        Assert.Null(new HashKeys(_options, new ClientAddress(_options)).Of(context, "web"));
    }

    public void Dispose()
    {
        _keyring.Dispose();
        _last.Dispose();
    }

    private static DefaultHttpContext Visit(string cookies) => new() { Request = { Headers = { Cookie = cookies } } };
}
