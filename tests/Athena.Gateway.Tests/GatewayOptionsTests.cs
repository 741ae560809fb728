using Athena.Gateway.Affinity;
using Athena.Gateway.Routing;

namespace Athena.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void The_defaults_are_as_documented()
    {
        var options = new GatewayOptions();
        Assert.Equal((0, TimeSpan.FromMilliseconds(50), 0, false), (options.Service.Count, options.DecisionTimeout, options.ProxyPass.Count, options.DebugHeaders));
        Assert.Equal((2, 0.2, 10), (options.Retries.Most, options.Retries.Budget, options.Retries.Reserve));
        Assert.Null(options.SnapshotFile);
        Assert.Equal((true, false, "athena", "athena-steer", false), (options.Ahead, options.PassLoadReports, options.Steering.Cookie, options.Steering.Header, options.Steering.PassOn));
        Assert.True(Validates(options));
    }

    [Theory]
    [InlineData("/", "http://farm_one/", true)]
    [InlineData("/reports/", "https://farm-one.x/r", true)]
    [InlineData("/reports", "http://farm_one", true)]
    [InlineData("reports", "http://farm_one", false)]
    [InlineData("", "http://farm_one", false)]
    [InlineData("/a{b}", "http://farm_one", false)]
    [InlineData("/a", "farm_one", false)]
    [InlineData("/a", "http://farm one/", false)]
    [InlineData("/a", "http:///", false)]
    public void A_path_must_lead_from_a_path_to_a_farm(string from, string to, bool good) =>
        Assert.Equal(good, Validates(new GatewayOptions { ProxyPass = [new ProxyPass { From = from, To = to }] }));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(60_000, true)]
    [InlineData(60_001, false)]
    public void A_decision_may_take_from_1_ms_to_1_min(int milliseconds, bool good) =>
        Assert.Equal(good, Validates(new GatewayOptions { DecisionTimeout = TimeSpan.FromMilliseconds(milliseconds) }));

    [Theory]
    [InlineData(2, 0.2, 10, true)]
    [InlineData(0, 0, 0, true)]
    [InlineData(10, 1, 1000, true)]
    [InlineData(-1, 0.2, 10, false)]
    [InlineData(11, 0.2, 10, false)]
    [InlineData(2, -0.1, 10, false)]
    [InlineData(2, 1.1, 10, false)]
    [InlineData(2, double.NaN, 10, false)]
    [InlineData(2, 0.2, -1, false)]
    [InlineData(2, 0.2, 1001, false)]
    public void Retries_have_bounds(int most, double budget, int reserve, bool good) =>
        Assert.Equal(good, Validates(new GatewayOptions { Retries = new() { Most = most, Budget = budget, Reserve = reserve } }));

    [Theory]
    [InlineData("athena", "x-steer", true)]
    [InlineData("__Host-steer", "x", true)]
    [InlineData("a b", "x", false)]
    [InlineData("a;b", "x", false)]
    [InlineData("", "x", false)]
    [InlineData("a", "x:", false)]
    public void Carriers_of_tokens_have_names_that_they_may_have(string cookie, string header, bool good) =>
        Assert.Equal(good, Validates(new GatewayOptions { Steering = new() { Cookie = cookie, Header = header } }));

    [Theory]
    [InlineData("web", AffinityKey.Address, null, true)]
    [InlineData("web", AffinityKey.Header, "X-Session", true)]
    [InlineData("web", AffinityKey.Cookie, "session", true)]
    [InlineData("web", AffinityKey.Cookie, null, false)]
    [InlineData("web", AffinityKey.Header, "", false)]
    [InlineData("web", AffinityKey.Address, "session", false)]
    [InlineData("", AffinityKey.Address, null, false)]
    [InlineData("a b", AffinityKey.Address, null, false)]
    public void Affinity_needs_a_farm_and_the_name_of_what_is_hashed(string farm, AffinityKey by, string? name, bool good) =>
        Assert.Equal(good, Validates(new GatewayOptions { Affinity = [new AffinityOptions { Farm = farm, By = by, Name = name }] }));

    [Theory]
    [InlineData(null, "/", null, true)]
    [InlineData("sid", "/shop", "00:01:00", true)]
    [InlineData("__Host-sid", "/", "365.00:00:00", true)]
    [InlineData("__Host-sid", "/shop", null, false)]
    [InlineData("a b", "/", null, false)]
    [InlineData("sid", "shop", null, false)]
    [InlineData("sid", "/a;b", null, false)]
    [InlineData("sid", "/", "00:00:59", false)]
    [InlineData("sid", "/", "366.00:00:00", false)]
    [InlineData("athena", "/", null, false)]
    [InlineData("__Host-athena", "/", null, false)]
    public void A_cookie_that_the_gateway_issues_has_a_good_name_path_and_lifetime(string? name, string path, string? lifetime, bool good) => Assert.Equal(good, Validates(new GatewayOptions
    {
        Affinity = [new AffinityOptions { Farm = "web", By = AffinityKey.Issued, Name = name, Path = path, Lifetime = lifetime is null ? null : TimeSpan.Parse(lifetime, System.Globalization.CultureInfo.InvariantCulture) }],
    }));

    [Fact]
    public void Farms_do_not_share_an_issued_cookie_and_stand_once_and_only_issued_cookies_have_attributes()
    {
        AffinityOptions Issued(string farm, string? name) => new() { Farm = farm, By = AffinityKey.Issued, Name = name };
        Assert.True(Validates(new GatewayOptions { Affinity = [Issued("a", null), Issued("b", null)] }));
        Assert.NotEqual(Issued("a", null).CookieName, Issued("b", null).CookieName);
        Assert.Equal(Issued("A", null).CookieName, Issued("a", null).CookieName);
        Assert.False(Validates(new GatewayOptions { Affinity = [Issued("a", "sid"), Issued("b", "sid")] }));
        Assert.False(Validates(new GatewayOptions { Affinity = [Issued("a", null), new AffinityOptions { Farm = "A" }] }));
        Assert.False(Validates(new GatewayOptions { Affinity = [new AffinityOptions { Farm = "a", Lifetime = TimeSpan.FromHours(1) }] }));
        Assert.False(Validates(new GatewayOptions { Affinity = [new AffinityOptions { Farm = "a", SameSite = AffinitySameSite.None }] }));
    }

    [Theory]
    [InlineData("k1", 32, null, true)]
    [InlineData("k1", 31, "31 bytes", false)]
    [InlineData("k 1", 32, "id of a key", false)]
    public void Keys_have_an_id_and_32_bytes_and_no_fault_shows_a_secret(string id, int bytes, string? fault, bool good)
    {
        var secret = Convert.ToBase64String([.. Enumerable.Range(1, bytes).Select(i => (byte)i)]);
        foreach (var options in new[]
        {
            new GatewayOptions { AffinityKeys = { [id] = new() { Secret = secret } } }, new GatewayOptions { Steering = new() { Keys = { [id] = new() { Secret = secret } } } },
        })
        {
            var result = new GatewayOptionsValidator().Validate(null, options);
            Assert.Equal(good, result.Succeeded);
            Assert.Contains(fault ?? "", result.FailureMessage ?? "", StringComparison.Ordinal);
            Assert.DoesNotContain(secret, result.FailureMessage ?? "", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_secret_is_given_once_as_base64_or_in_a_file_that_can_be_read()
    {
        Assert.All(new Client.Steering.SecretOptions[] { new(), new() { Secret = "x", SecretFile = "y" }, new() { Secret = "***" }, new() { SecretFile = "/nowhere/secret" } },
            key => Assert.False(Validates(new GatewayOptions { AffinityKeys = { ["k"] = key } })));
        Assert.False(Validates(new GatewayOptions { Steering = new() { Keys = { ["k"] = new() { Secret = Convert.ToBase64String(new byte[32]), Farms = ["a b"] } } } }));
    }

    [Theory]
    [InlineData("http://farm_one/r/x", "farm_one", "/r/x")]
    [InlineData("http://farm_one", "farm_one", "/")]
    public void The_farm_stands_where_a_host_stands(string to, string farm, string path)
    {
        var pass = new ProxyPass { To = to };
        Assert.Equal((farm, path), (pass.Farm, pass.ToPath));
    }

    [Theory]
    [InlineData("athena:farm_one", "farm_one")]
    [InlineData("Athena:farm_one", "farm_one")]
    [InlineData("athena:", null)]
    [InlineData("cluster", null)]
    [InlineData(null, null)]
    public void A_cluster_names_its_farm(string? cluster, string? farm) => Assert.Equal(farm, FarmCluster.FarmOf(cluster));

    private static bool Validates(GatewayOptions options) => new GatewayOptionsValidator().Validate(null, options).Succeeded;
}
