using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Farms;

public class FleetValidatorTests
{
    private static readonly FarmDefinition Web = TestFleet.FarmOf("a b");

    [Fact]
    public void A_good_fleet_has_no_fault() => Assert.Empty(Validate(TestFleet.Fleet(Web)));

    [Fact]
    public void An_empty_fleet_has_no_fault() => Assert.Empty(Validate(FleetDefinition.Empty));

    public static TheoryData<string, string, FleetDefinition> Faulty => new()
    {
        { "Servers:a b", EntityName.Rule, Servers(TestFleet.Server("x") with { Name = "a b" }) },
        { "Servers:X", "declared twice", Servers(TestFleet.Server("x"), TestFleet.Server("X")) },
        { "Servers:x:Address", Address("10.0.0.5:8080"), Servers(new ServerDefinition("x", "10.0.0.5:8080")) },
        { "Servers:x:Address", Address(""), Servers(new ServerDefinition("x", "")) },
        { "Servers:x:Address", Address("/path"), Servers(new ServerDefinition("x", "/path")) },
        { "Servers:x:Address", Address("mailto:"), Servers(new ServerDefinition("x", "mailto:")) },
        { "Servers:x:MaxInFlight", "must be 0 (no limit) or more", Servers(TestFleet.Server("x") with { MaxInFlight = -1 }) },
        { "Servers:x:ExpectUpdate", Expect, Servers(TestFleet.Server("x") with { ExpectUpdate = TimeSpan.FromMilliseconds(99) }) },
        { "Servers:x:ExpectUpdate", Expect, Servers(TestFleet.Server("x") with { ExpectUpdate = TimeSpan.FromSeconds(-1) }) },
        { "Servers:x:Forward", "no server 'web1'; did you mean 'web2'?", Servers(TestFleet.Server("x") with { Forward = "web1" }, TestFleet.Server("web2")) },
        { "Servers:x:Forward", "forwards of 'x' lead back to it: x -> X", Servers(TestFleet.Server("x") with { Forward = "X" }) },
        { "ExpectUpdate", Expect, FleetDefinition.Empty with { ExpectUpdate = TimeSpan.FromDays(1) + TimeSpan.FromTicks(1) } },
        { "Farms:we:b", EntityName.Rule, Farms(Web with { Name = "we:b" }) },
        { "Farms:WEB", "declared twice", TestFleet.Fleet(Web, Web with { Name = "WEB" }) },
        { "Farms:web:Members:c", "no server 'c'; did you mean 'a'?", Farms(Web with { Members = [new("a"), new("c")] }) },
        { "Farms:web:Members:A", "is a member twice", Farms(Web with { Members = [new("a"), new("A")] }) },
        { "Farms:web:Members:a:Tier", "must be from 0 to 127", Farms(Web with { Members = [new("a") { Tier = 128 }] }) },
        { "Farms:web:Members:a:Tier", "must be from 0 to 127", Farms(Web with { Members = [new("a") { Tier = -1 }] }) },
        { "Farms:web:PanicThreshold", "must be from 0 (off) to 1", Farms(Web with { PanicThreshold = 1.01 }) },
        { "Farms:web:PanicThreshold", "must be from 0 (off) to 1", Farms(Web with { PanicThreshold = -0.1 }) },
        { "Farms:web:PanicThreshold", "must be from 0 (off) to 1", Farms(Web with { PanicThreshold = double.NaN }) },
        { "Farms:web:MaxInFlight", "must be 0 (no limit) or more", Farms(Web with { MaxInFlight = -1 }) },
        { "Farms:web:ExpectUpdate", Expect, Farms(Web with { ExpectUpdate = TimeSpan.FromTicks(1) }) },
        { "Farms:web:Forward:Off", "'ftp://sorry.example/' is not a complete http or https URL", Farms(Web with { ForwardOff = new("ftp://sorry.example/") }) },
        { "Farms:web:Forward:Down", "'http://' is not a complete http or https URL", Farms(Web with { ForwardDown = new("http://") }) },
        { "Farms:web:Forward:Down", "no farm 'wen'; did you mean 'web'?", Farms(Web with { ForwardDown = new("wen") }) },
        { "Farms:web:Forward", "forwards of 'web' lead back to it: web -> WEB", Farms(Web with { ForwardDown = new("WEB") }) },
        { "Farms:web:SteerTo", "no farm 'gold'", Farms(Web with { SteerTo = ["web", "gold"] }) },
        { "Farms:web:Policy:Name", $"no policy 'best'; there are {string.Join(", ", TestFleet.Catalog.Names)}", Farms(Web with { Policy = new("best") }) },
    };

    [Theory]
    [MemberData(nameof(Faulty), DisableDiscoveryEnumeration = true)]
    public void A_fault_is_named_by_path(string path, string message, FleetDefinition fleet) =>
        Assert.Equal([new FleetFault(path, message)], Validate(fleet));

    [Theory]
    [InlineData("tcp://db1:5432")]
    [InlineData("https://[2001:db8::1]/")]
    [InlineData("http://10.0.0.5:8080")]
    public void Addresses_of_any_scheme_are_good(string address) => Assert.Empty(Validate(Servers(new ServerDefinition("x", address))));

    [Fact]
    public void Both_ends_of_each_range_are_good()
    {
        var farm = Web with
        {
            Members = [new("a") { Tier = 0, Weight = 0 }, new("b") { Tier = 127, Weight = uint.MaxValue }],
            PanicThreshold = 1,
            MaxInFlight = int.MaxValue,
            ExpectUpdate = TimeSpan.FromMilliseconds(100),
        };
        Assert.Empty(Validate(TestFleet.Fleet(farm) with { ExpectUpdate = TimeSpan.FromDays(1) }));
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var farm = Web with { Members = [new("a"), new("nobody")], PanicThreshold = 2, MaxInFlight = -3, ForwardDown = new("nowhere_at_all") };
        var fleet = new FleetDefinition([TestFleet.Server("a"), new ServerDefinition("?", "!")], [farm]);
        Assert.Equal(
            ["Farms:web:Forward:Down", "Farms:web:MaxInFlight", "Farms:web:Members:nobody", "Farms:web:PanicThreshold", "Servers:?", "Servers:?:Address"],
            Validate(fleet).Select(f => f.Path).Order());
    }

    [Fact]
    public void A_loop_of_farms_is_refused_wherever_it_is_entered()
    {
        var faults = Validate(TestFleet.Fleet(
            Web with { ForwardDown = new("x") },
            Web with { Name = "x", ForwardOff = new("http://sorry.example/"), ForwardDown = new("y") },
            Web with { Name = "y", ForwardOff = new("x"), ForwardDown = new("https://sorry.example/") }));
        Assert.Contains(new FleetFault("Farms:x:Forward", "forwards of 'x' lead back to it: x -> y -> x"), faults);
        Assert.Contains(new FleetFault("Farms:y:Forward", "forwards of 'y' lead back to it: y -> x -> y"), faults);
        Assert.Contains(faults, f => f.Path == "Farms:web:Forward");
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(9, true)]
    public void A_chain_of_eight_is_the_longest(int forwards, bool refused)
    {
        var farms = Enumerable.Range(0, forwards + 1).Select(i => Web with { Name = $"f{i}", ForwardDown = i < forwards ? new($"f{i + 1}") : null });
        Assert.Equal(refused ? ["Farms:f0:Forward"] : [], Validate(TestFleet.Fleet([.. farms])).Select(f => f.Path));
        // A URL at the end is a forward as well.
        var urls = Enumerable.Range(0, forwards).Select(i => Web with { Name = $"f{i}", ForwardDown = i < forwards - 1 ? new($"f{i + 1}") : new("https://sorry.example/") });
        Assert.Equal(refused ? ["Farms:f0:Forward"] : [], Validate(TestFleet.Fleet([.. urls])).Select(f => f.Path));
        var servers = Enumerable.Range(0, forwards + 1).Select(i => TestFleet.Server($"s{i}") with { Forward = i < forwards ? $"s{i + 1}" : null });
        Assert.Equal(refused ? ["Servers:s0:Forward"] : [], Validate(Servers([.. servers])).Select(f => f.Path));
    }

    [Fact]
    public void A_ladder_of_forwards_is_checked_in_a_moment()
    {
        // Each farm forwards to both farms of the next rung: 2^100 ways, were each followed.
        static ForwardTarget? Rung(int i, string side) => i < 99 ? new($"{side}{i + 1}") : null;
        var farms = Enumerable.Range(0, 100).SelectMany(i => new[] { "l", "r" }.Select(side =>
            Web with { Name = $"{side}{i}", ForwardOff = Rung(i, "l"), ForwardDown = Rung(i, "r") }));
        Assert.Contains(Validate(TestFleet.Fleet([.. farms])), f => f.Path == "Farms:l0:Forward");
    }

    [Fact]
    public void Names_that_are_much_too_long_are_faults_and_no_more()
    {
        var fleet = new FleetDefinition([TestFleet.Server("x") with { Name = new string('x', 300) }], [Web with { Members = [new(new string('x', 250))] }]);
        Assert.Equal(2, Validate(fleet).Count);
    }

    private static string Expect => "must be 0 (freshness off) or from 00:00:00.1 to 1.00:00:00";

    private static string Address(string address) =>
        $"'{address}' is not an address; give a URI with scheme and host, such as http://10.0.0.5:8080";

    private static FleetDefinition Servers(params ServerDefinition[] servers) => new([.. servers], []);

    private static FleetDefinition Farms(FarmDefinition farm) => new([TestFleet.Server("a"), TestFleet.Server("b")], [farm]);

    private static IReadOnlyList<FleetFault> Validate(FleetDefinition fleet) => new FleetValidator(TestFleet.Catalog).Validate(fleet);
}
