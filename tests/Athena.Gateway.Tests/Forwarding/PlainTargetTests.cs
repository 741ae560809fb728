using Athena.Gateway.Forwarding;

namespace Athena.Gateway.Tests.Forwarding;

public sealed class PlainTargetTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/a/b.html?x=%20y&z[]=1/?")]
    [InlineData("//a//b/")]
    [InlineData("/a;b=1,2/c:d@e!$&'()*+=~_-")]
    [InlineData("/a.b/c..d")]
    public void A_target_that_nobody_reads_otherwise_is_plain(string target) => Assert.True(PlainTarget.Is(target));

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("a")]
    [InlineData("http://host/a")]
    [InlineData("/a%20b")]
    [InlineData("/a/../b")]
    [InlineData("/a/.")]
    [InlineData("/.well-known/x")]
    [InlineData("/a\\b")]
    [InlineData("/a b")]
    [InlineData("/a#b")]
    [InlineData("/a?b#c")]
    [InlineData("/a?b c")]
    [InlineData("/a?b\"c")]
    [InlineData("/a?b|c")]
    [InlineData("/a\u00e9")]
    [InlineData("/a?\u00e9")]
    [InlineData("/a\r\nX: y")]
    [InlineData("/a?b\r\nX: y")]
    public void Any_other_is_not(string target) => Assert.False(PlainTarget.Is(target));
}
