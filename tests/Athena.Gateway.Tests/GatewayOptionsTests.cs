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
