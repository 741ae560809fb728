using Athena.Engine.Farms;
using CsCheck;

namespace Athena.Engine.Tests;

/// <summary>Forwards in any shape: loops and long chains are refused when they are written, all others are followed to their end.</summary>
public class ForwardPropertyTests
{
    private const int Most = 12;
    private const string Url = "https://sorry.example/";

    /// <summary>Of each: its `off` and `down` targets, by number; none below 0, a URL above the last. Mostly further down, so that a half is good.</summary>
    private static readonly Gen<(int Off, int Down)[]> Targets = Gen.Int[1, Most].SelectMany(n =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[-n, n], Gen.Int[-n, n]).Array[n].Select(all => all.Select((t, i) => (Target(t.Item1 == 0, t.Item2, i), Target(t.Item1 == 1, t.Item3, i))).ToArray()));

    [Fact]
    public void Loops_and_long_chains_of_farms_are_refused_and_all_others_end()
    {
        var (good, refused) = (0, 0);
        Gen.Select(Targets, Gen.Int[0, (1 << Most) - 1]).Sample((targets, off) =>
        {
            var farms = targets.Select((t, i) => new FarmDefinition($"f{i}") { ForwardOff = TargetOf(t.Off, targets.Length), ForwardDown = TargetOf(t.Down, targets.Length) }).ToArray();
            var fleet = TestFleet.Fleet(farms);
            var faults = new FleetValidator(TestFleet.Catalog).Validate(fleet);
            Assert.Equal(Enumerable.Range(0, targets.Length).Any(i => LengthFrom(i, targets, 0) > SnapshotCompiler.MaxForwardDepth), faults.Count > 0);
            Interlocked.Increment(ref faults.Count > 0 ? ref refused : ref good);
            if (faults.Count > 0)
            {
                return;
            }
            var states = Enumerable.Range(0, targets.Length).Where(i => (off & (1 << i)) != 0).Aggregate(FleetStates.Normal, (s, i) => s.WithFarm($"f{i}", TestStates.Off));
            var made = TestFleet.Of(fleet, states);
            foreach (var farm in farms)
            {
                var decision = made.Decide(new BalanceQuery(farm.Name));
                Assert.True(decision.Kind is DecisionKind.NoAvailableMember or DecisionKind.FarmOff or DecisionKind.ForwardedToUrl);
                var ways = new List<string>();
                for (var hop = decision.LastHop; hop is not null; hop = hop.Previous)
                {
                    ways.Add(hop.From);
                }
                Assert.Equal(ways.Distinct(), ways);
                Assert.True(ways.Count <= SnapshotCompiler.MaxForwardDepth);
            }
        }, iter: 5000);
        Assert.True(good > 200 && refused > 200, $"{good} good, {refused} refused");
    }

    [Fact]
    public void Loops_and_long_chains_of_servers_are_refused_and_all_others_end()
    {
        var (good, refused) = (0, 0);
        Gen.Select(Targets, Gen.Int[0, (1 << Most) - 1]).Sample((targets, down) =>
        {
            // Servers have one forward, and none to a URL.
            var next = targets.Select(t => (Off: -1, Down: t.Down < targets.Length ? t.Down : -1)).ToArray();
            var servers = next.Select((t, i) => TestFleet.Server($"s{i}") with { Forward = t.Down < 0 ? null : $"s{t.Down}" }).ToArray();
            var fleet = new FleetDefinition([.. servers], [new FarmDefinition("web") { Members = [.. servers.Select(s => new MemberDefinition(s.Name))] }]);
            var faults = new FleetValidator(TestFleet.Catalog).Validate(fleet);
            Assert.Equal(Enumerable.Range(0, next.Length).Any(i => LengthFrom(i, next, 0) > SnapshotCompiler.MaxForwardDepth), faults.Count > 0);
            Interlocked.Increment(ref faults.Count > 0 ? ref refused : ref good);
            if (faults.Count > 0)
            {
                return;
            }
            var states = Enumerable.Range(0, next.Length).Where(i => (down & (1 << i)) != 0).Aggregate(FleetStates.Normal, (s, i) => s.WithServer($"s{i}", ServerState.Normal with { Health = HealthState.Down }));
            var made = TestFleet.Of(fleet, states);
            for (var i = 0; i < next.Length; i++)
            {
                var at = i;
                while (at >= 0 && (down & (1 << at)) != 0)
                {
                    at = next[at].Down;
                }
                var member = made.Member($"s{i}");
                Assert.Equal(at < 0 ? $"s{i}" : $"s{at}", member.Server.Name);
            }
        }, iter: 5000);
        Assert.True(good > 200 && refused > 200, $"{good} good, {refused} refused");
    }

    private static int Target(bool anywhere, int drawn, int i) => drawn < 0 ? -1 : anywhere || drawn > i ? drawn : -1;

    private static ForwardTarget? TargetOf(int drawn, int farms) => drawn < 0 ? null : drawn < farms ? new($"f{drawn}") : new(Url);

    /// <summary>Hops of the longest way from here; of a loop, more than are allowed.</summary>
    private static int LengthFrom(int i, (int Off, int Down)[] targets, int depth)
    {
        if (i < 0 || i >= targets.Length || depth > SnapshotCompiler.MaxForwardDepth)
        {
            return depth;
        }
        return new[] { targets[i].Off, targets[i].Down }.Max(t => t < 0 ? depth : LengthFrom(t, targets, depth + 1));
    }
}
