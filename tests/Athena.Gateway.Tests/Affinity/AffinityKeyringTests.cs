using System.Security.Cryptography;
using Athena.Gateway.Affinity;
using Athena.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Athena.Gateway.Tests.Affinity;

public sealed class AffinityKeyringTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, string> _secrets = new() { ["k1"] = Secret() };
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private readonly LastGoodOptions<GatewayOptions> _last;
    private readonly AffinityKeyring _keyring;

    public AffinityKeyringTests()
    {
        void Set(GatewayOptions options)
        {
            foreach (var (id, secret) in _secrets)
            {
                options.AffinityKeys.Add(id, new() { Secret = secret });
            }
        }
        _last = new LastGoodOptions<GatewayOptions>(new OptionsFactory<GatewayOptions>([new ConfigureOptions<GatewayOptions>(Set)], []), _configuration, NullLogger<LastGoodOptions<GatewayOptions>>.Instance);
        _keyring = new AffinityKeyring(_last, NullLogger<AffinityKeyring>.Instance);
    }

    [Fact]
    public void A_cookie_is_read_alike_however_often_it_comes()
    {
        var cookie = _keyring.Seal("shop", "a", Noon);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(_keyring.TryOpen(i == 1 ? "SHOP" : "shop", cookie, out var server, out var issued));
            Assert.Equal(("a", Noon), (server, issued));
        }
    }

    [Fact]
    public void A_cookie_that_is_known_is_none_for_another_farm()
    {
        var cookie = _keyring.Seal("shop", "a", Noon);
        Assert.True(_keyring.TryOpen("shop", cookie, out _, out _));
        Assert.False(_keyring.TryOpen("other", cookie, out var server, out _));
        Assert.Null(server);
    }

    [Fact]
    public void A_cookie_that_is_known_ends_with_its_key()
    {
        var cookie = _keyring.Seal("shop", "a", Noon);
        Assert.True(_keyring.TryOpen("shop", cookie, out _, out _));
        _secrets["k2"] = Secret();
        _configuration.Reload();
        Assert.True(_keyring.TryOpen("shop", cookie, out _, out _));
        _secrets.Remove("k1");
        _configuration.Reload();
        Assert.False(_keyring.TryOpen("shop", cookie, out _, out _));
    }

    [Fact]
    public void Cookies_beyond_those_that_are_kept_are_good_too()
    {
        var cookies = Enumerable.Range(0, AffinityKeyring.MostKnown + 100).Select(i => _keyring.Seal("shop", $"s{i}", Noon)).ToArray();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < cookies.Length; i++)
            {
                Assert.True(_keyring.TryOpen("shop", cookies[i], out var server, out _));
                Assert.Equal($"s{i}", server);
            }
        }
    }

    public void Dispose()
    {
        _keyring.Dispose();
        _last.Dispose();
    }

    private static string Secret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
