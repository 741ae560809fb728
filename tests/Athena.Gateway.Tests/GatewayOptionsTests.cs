using Athena.Gateway.Routing;

namespace Athena.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void The_defaults_are_as_documented()
    {
        var options = new GatewayOptions();
        Assert.Equal((0, TimeSpan.FromSeconds(1), 0, false), (options.Service.Count, options.DecisionTimeout, options.ProxyPass.Count, options.DebugHeaders));
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
