using System.Text;
using Athena.Gateway.Forwarding;

namespace Athena.Gateway.Tests.Forwarding;

public sealed class RequestHeadTests
{
    [Theory]
    [InlineData("/a?b", "", "", "", "/a?b")]
    [InlineData("/", "", "", "", "/")]
    [InlineData("/a", "/base", "", "", "/base/a")]
    [InlineData("/there/a?b", "", "/there", "/here", "/here/a?b")]
    [InlineData("/There/a", "", "/there", "", "/a")]
    [InlineData("/there", "", "/there", "", "/")]
    [InlineData("/there?b", "", "/there", "/here", "/here?b")]
    [InlineData("/there", "/base", "/there", "", "/base")]
    [InlineData("/thereby", "", "/there", "/here", "/here/thereby")]
    public void A_target_has_the_prefix_of_its_route_changed_and_that_of_its_server_in_front(string target, string server, string from, string to, string expected)
    {
        var head = new HeadWriter();
        RequestHead.WriteTarget(head, target, server, new LeanRoute(from, to, TimeSpan.FromSeconds(1), []));
        Assert.Equal(expected, Encoding.ASCII.GetString(head.Written.Span));
    }
}
