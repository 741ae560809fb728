using Athena.Cli.Monitor;
using Athena.V1;

namespace Athena.Cli.Tests.Monitor;

public sealed class FindingsTests
{
    [Fact]
    public void All_well_is_0() => Assert.Equal(0, Find([Farm("web", 2)], Server("a"), Server("b")).ExitCode);

    [Theory]
    [InlineData(CauseKind.Down)]
    [InlineData(CauseKind.CheckFailed)]
    [InlineData(CauseKind.Out)]
    public void A_server_in_trouble_is_1_and_has_its_line(CauseKind kind)
    {
        var findings = Find([Farm("web", 1)], Server("a", new Cause { Kind = kind, Actor = "athena" }), Server("b"));
        Assert.Equal(1, findings.ExitCode);
        Assert.Equal("a", Assert.Single(findings.Troubles).Name);
    }

    [Theory]
    [InlineData(AdminState.Off, CauseKind.Off)]
    [InlineData(AdminState.Drain, CauseKind.Drain)]
    public void What_operators_wish_is_no_trouble(AdminState state, CauseKind kind)
    {
        var server = Server("a", new Cause { Kind = kind, Actor = "ann" });
        server.Status.Admin = state;
        Assert.Equal(0, Find([Farm("web", 1)], server, Server("b")).ExitCode);
    }

    [Fact]
    public void A_server_that_is_off_may_be_down_without_alarm()
    {
        var server = Server("a", new Cause { Kind = CauseKind.Off }, new Cause { Kind = CauseKind.Down });
        server.Status.Admin = AdminState.Off;
        Assert.Equal(0, Find([Farm("web", 1)], server).ExitCode);
    }

    [Fact]
    public void A_farm_without_servers_is_2_unless_it_is_off()
    {
        var farm = Farm("web", 0);
        Assert.Equal(2, Find([farm], Server("a")).ExitCode);
        farm.Admin = AdminState.Off;
        Assert.Equal(0, Find([farm], Server("a")).ExitCode);
    }

    [Fact]
    public void An_ejected_member_is_in_trouble()
    {
        var farm = Farm("web", 1);
        farm.Members.Add(new Member { Server = "a", Causes = { new Cause { Kind = CauseKind.Ejected, Farm = "web", Reason = "5 failures" } } });
        Assert.Equal("ejected in web: 5 failures", Assert.Single(Find([farm], Server("a")).Troubles).Text);
    }

    [Fact]
    public void The_plug_in_line_has_status_text_and_data()
    {
        var line = NagiosLine.Of(Find([Farm("web", 0)], Server("a", new Cause { Kind = CauseKind.Down, Actor = "ann", Reason = "a|b\nc" })));
        Assert.Equal(
            "ATHENA CRITICAL - web has no server (2 members); a down by ann: a/b?c | servers=1;;;0 down=1;0;;0;1 check_failed=0;0;;0;1 out=0;0;;0;1 ejected=0;0;;0;1 farms_without_server=1;;0;0;1 'web'=0;;1:;0;2 in_flight=0;;;0",
            line);
        Assert.StartsWith("ATHENA OK - 1 farms, 1 servers |", NagiosLine.Of(Find([Farm("web", 2)], Server("a"))), StringComparison.Ordinal);
        Assert.StartsWith("ATHENA WARNING - ", NagiosLine.Of(Find([Farm("web", 2)], Server("a", new Cause { Kind = CauseKind.Out }))), StringComparison.Ordinal);
    }

    private static Findings Find(Farm[] farms, params Server[] servers) => Findings.Of(farms, servers, new TestTerminal().Time);

    private static Farm Farm(string name, uint available) => new() { Name = name, Admin = AdminState.On, AvailableMembers = available, Members = { new Member { Server = "x" }, new Member { Server = "y" } } };

    private static Server Server(string name, params Cause[] causes) => new() { Name = name, Status = new() { Admin = AdminState.On, Health = HealthState.Up, Freshness = FreshnessState.In, Available = causes.Length == 0, Causes = { causes } } };
}
