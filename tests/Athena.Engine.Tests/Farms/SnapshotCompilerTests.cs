using System.Globalization;
using Athena.Engine.Farms;
using Athena.Engine.Statistics;
using CsCheck;

namespace Athena.Engine.Tests.Farms;

public class SnapshotCompilerTests
{
    [Fact]
    public void Recompiling_gives_what_compiling_gives() =>
        Gen.Select(FleetGen.Fleet, FleetGen.States, FleetGen.States, Gen.Int[0, 3]).Sample((fleet, before, other, changes) =>
        {
            // From all states changed down to those of one server, so that what did not change is tried too.
            var after = changes switch
            {
                0 => other,
                1 => before.WithServer("s7", other.OfServer("s7")),
                2 => before.WithMember(new MemberKey("f1", "s3"), other.OfMember(new MemberKey("f1", "s3"))),
                _ => before.WithFarm("f0", other.OfFarm("f0")) with { Engine = TestStates.Off },
            };
            var servers = fleet.Servers.Select(s => s.Name).Where(s => before.OfServer(s) != after.OfServer(s)).ToHashSet(EntityName.Comparer);
            var farms = fleet.Farms.Where(f => before.OfFarm(f.Name) != after.OfFarm(f.Name) || fleet.Servers.Any(s => Of(before, f, s) != Of(after, f, s)))
                .Select(f => f.Name).ToHashSet(EntityName.Comparer);
            var compiler = new SnapshotCompiler(TestFleet.Catalog, new StatisticNames());
            var recompiled = compiler.Recompile(compiler.Compile(1, fleet, before), 2, after, servers, farms);
            var compiled = compiler.Compile(2, fleet, after);
            Assert.Equal(Text(compiled), Text(recompiled));
            Assert.Equal(compiled.Farms.Select(f => f.Cells), recompiled.Farms.Select(f => f.Cells));
            Assert.Equal(compiled.Servers.Select(s => s.Cells), recompiled.Servers.Select(s => s.Cells));
        }, iter: 1000);

    [Fact]
    public void Recompiling_leaves_farms_alone_that_see_no_change()
    {
        var fleet = TestFleet.Fleet(TestFleet.FarmOf("a b"), TestFleet.FarmOf("c d") with { Name = "other" });
        var compiler = new SnapshotCompiler(TestFleet.Catalog, new StatisticNames());
        var before = compiler.Compile(1, fleet, FleetStates.Normal);
        var after = compiler.Recompile(before, 2, TestStates.ServerDown("C"), new HashSet<string>(EntityName.Comparer) { "C" }, new HashSet<string>());
        Assert.Same(before.FindFarm("web"), after.FindFarm("web"));
        Assert.NotSame(before.FindFarm("other"), after.FindFarm("other"));
        Assert.Same(before.FindServer("a"), after.FindServer("a"));
        Assert.Equal(HealthState.Down, after.FindServer("c")!.State.Health);
        Assert.Equal((1L, 2L), (before.Revision, after.Revision));
    }

    [Fact]
    public void Live_numbers_outlive_a_new_definition_and_end_with_their_server()
    {
        var compiler = new SnapshotCompiler(TestFleet.Catalog, new StatisticNames());
        var both = TestFleet.Fleet(TestFleet.FarmOf("a b"));
        var first = compiler.Compile(1, both, FleetStates.Normal);
        var cells = first.FindServer("b")!.Cells;
        var without = compiler.Compile(2, TestFleet.Fleet(TestFleet.FarmOf("a:2")), FleetStates.Normal);
        Assert.Same(first.FindServer("a")!.Cells, without.FindServer("A")!.Cells);
        Assert.Same(first.FindFarm("web")!.Cells, without.FindFarm("web")!.Cells);
        Assert.NotSame(cells, compiler.Compile(3, both, FleetStates.Normal).FindServer("b")!.Cells);
    }

    [Theory]
    [InlineData(null, null, 0)] // The global default, freshness off.
    [InlineData(null, 5, 5)]
    [InlineData(0, 5, 0)] // The server's own word.
    [InlineData(7, 5, 7)]
    public void The_servers_own_expectation_comes_before_the_farms(int? server, int? farm, int expected)
    {
        var web = TestFleet.FarmOf("a") with { ExpectUpdate = Seconds(farm) };
        var fleet = TestFleet.Of(TestFleet.Fleet(web) with { Servers = [TestFleet.Server("a") with { ExpectUpdate = Seconds(server) }] });
        Assert.Equal(Seconds(expected), fleet.Snapshot.FindServer("a")!.ExpectUpdate);
    }

    [Theory]
    [InlineData(9, 5, 5)]
    [InlineData(5, 9, 5)]
    [InlineData(0, 9, 9)]
    [InlineData(9, 0, 9)]
    [InlineData(null, 9, 9)]
    [InlineData(null, null, 30)]
    [InlineData(0, null, 0)]
    public void Of_several_farms_the_shortest_expectation_holds(int? first, int? second, int expected)
    {
        var definition = TestFleet.Fleet(
            TestFleet.FarmOf("a") with { ExpectUpdate = Seconds(first) },
            TestFleet.FarmOf("a") with { Name = "other", ExpectUpdate = Seconds(second) });
        var fleet = TestFleet.Of(definition with { ExpectUpdate = TimeSpan.FromSeconds(30) });
        Assert.Equal(Seconds(expected), fleet.Snapshot.FindServer("a")!.ExpectUpdate);
    }

    [Theory]
    [InlineData("http://10.0.0.5:8080", "10.0.0.5:8080")]
    [InlineData("http://app01:80/path", "app01")]
    [InlineData("https://[2001:db8::1]/", "[2001:db8::1]")]
    [InlineData("tcp://db1:5432", "db1:5432")]
    public void The_authority_is_the_addresss_host_and_port(string address, string authority)
    {
        var fleet = TestFleet.Of(TestFleet.Fleet(TestFleet.FarmOf("a")) with { Servers = [new ServerDefinition("a", address)] });
        Assert.Equal(authority, fleet.Snapshot.FindServer("a")!.Authority);
    }

    private static TimeSpan? Seconds(int? seconds) => seconds is { } s ? TimeSpan.FromSeconds(s) : null;

    private static AdminSetting Of(FleetStates states, FarmDefinition farm, ServerDefinition server) => states.OfMember(new MemberKey(farm.Name, server.Name));

    /// <summary>All of a snapshot that decisions read, and that what hangs together hangs together.</summary>
    private static string Text(Snapshot snapshot)
    {
        Assert.All(snapshot.Farms.SelectMany(f => f.Members), m =>
        {
            Assert.Same(snapshot.FindServer(m.Declared.Name), m.Declared);
            Assert.Same(snapshot.FindServer(m.Server.Name), m.Server);
        });
        var lines = new List<string> { $"{snapshot.Revision} {snapshot.Engine.State}" };
        lines.AddRange(snapshot.Servers.Select(s => $"{s.Name} {s.State} {s.ExpectUpdate}"));
        foreach (var farm in snapshot.Farms)
        {
            lines.Add($"{farm.Name} {farm.Admin.State} panic {farm.IsPanicking} available {farm.AvailableCount} limits {farm.HasLimits}");
            lines.AddRange(farm.Members.Select(m => $"  {m.Declared.Name} as {m.Server.Name} {m.Admin.State} #{m.Index}"));
            lines.AddRange(farm.Groups.Select(g => string.Create(CultureInfo.InvariantCulture,
                $"  {g.CumulativeShare}: {string.Join(' ', g.Array.Select(m => m.Declared.Name))} {g.Prepared}")));
        }
        return string.Join('\n', lines);
    }
}
