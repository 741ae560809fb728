namespace Athena.Engine.Tests.Policies;

public class RandomPolicyTests
{
    private const int Decisions = 20_000;

    [Theory]
    [InlineData("a:5 b:3 c:2", null)]
    [InlineData("a b c d", null)]
    [InlineData("a:1000 b:1 c:1", null)]
    [InlineData("a:5 b:3 c:2 d:10", "d")] // Drawn again.
    [InlineData("a:5 b:3 c:2 d:1000000", "d")] // Filtered, for nearly each draw is d.
    public void Shares_follow_weights(string members, string? excluded)
    {
        var fleet = TestFleet.Of(members, "random");
        var counts = Enumerable.Range(0, Decisions)
            .Select(i => fleet.Pick(new BalanceQuery("web") { Seed = (ulong)i, Exclude = excluded is null ? null : [excluded] })!)
            .CountBy(name => name).ToDictionary();
        var eligible = fleet.Web.Members.Where(m => m.Server.Name != excluded).ToArray();
        var total = eligible.Sum(m => (double)m.Weight);
        Assert.Equal(Decisions, eligible.Sum(m => counts.GetValueOrDefault(m.Server.Name)));
        foreach (var member in eligible)
        {
            var share = member.Weight / total;
            // 4.5 standard deviations of a binomial count.
            Assert.Equal(Decisions * share, counts.GetValueOrDefault(member.Server.Name), 4.5 * Math.Sqrt(Decisions * share * (1 - share)));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_pick()
    {
        var fleet = TestFleet.Of("a:5 b:3 c:2", "random");
        Assert.All(Enumerable.Range(0, 100), i =>
        {
            var query = new BalanceQuery("web") { Seed = (ulong)i };
            Assert.Equal(fleet.Pick(query), fleet.Pick(query));
        });
    }

    [Fact]
    public void Without_a_seed_the_answer_names_one_that_repeats_it()
    {
        var fleet = TestFleet.Of("a:5 b:3 c:2", "random");
        Assert.All(Enumerable.Range(0, 100), _ =>
        {
            var decision = fleet.Decide();
            Assert.Equal(decision.Member!.Server.Name, fleet.Pick(new BalanceQuery("web") { Seed = decision.Seed }));
        });
    }
}
