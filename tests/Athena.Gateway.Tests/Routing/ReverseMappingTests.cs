using Athena.Gateway.Routing;
using CsCheck;

namespace Athena.Gateway.Tests.Routing;

public sealed class ReverseMappingTests
{
    private static readonly Uri Server = new("http://10.0.0.5:8080/r/x");

    [Theory]
    [InlineData("http://10.0.0.5:8080/r/new?x=1#y", "/reports/new?x=1#y")]
    [InlineData("/r/new", "/reports/new")]
    [InlineData("/r", "/reports")]
    [InlineData("/r?x", "/reports?x")]
    public void A_location_at_the_server_leads_through_the_gateway(string location, string mapped) =>
        Assert.Equal(mapped, ReverseMapping.Mapped(location, Server, "/reports", "/r"));

    [Theory]
    [InlineData("/rr")]
    [InlineData("//10.0.0.5:8080/r/")]
    [InlineData("https://10.0.0.5:8080/r/")]
    [InlineData("http://10.0.0.5/r/")]
    [InlineData("new")]
    [InlineData("")]
    public void Any_other_location_stays(string location) => Assert.Null(ReverseMapping.Mapped(location, Server, "/reports", "/r"));

    [Theory]
    [InlineData("", "", "/x", "/x")]
    [InlineData("", "/r", "/r", "/")]
    [InlineData("/reports", "", "/x", "/reports/x")]
    public void A_root_on_either_side_is_mapped(string from, string to, string location, string mapped) =>
        Assert.Equal(mapped, ReverseMapping.Mapped(location, Server, from, to));

    [Fact]
    public void No_location_throws() => Gen.String.Sample(location => ReverseMapping.Mapped(location, Server, "/reports", "/r") is null or ['/', ..]);
}
