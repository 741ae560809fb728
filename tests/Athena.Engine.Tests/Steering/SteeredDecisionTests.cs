using Athena.Engine.Farms;
using Athena.Engine.Steering;
using CsCheck;

namespace Athena.Engine.Tests.Steering;

public class SteeredDecisionTests
{
    /// <summary>Minted by another program, Node's jose 6.2, with the secret 0x01 times 32: web goes to gold with high priority, for an hour of the year 2000.</summary>
    private const string FromJose = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhY3QiOiJnbyIsInByaSI6ImhpZ2giLCJhdWQiOlsid2ViIiwiaHR0cHM6Ly9vdGhlci5leGFtcGxlLyJdLCJzdWIiOiJnb2xkIiwiaWF0Ijo5NDY2ODQ4MDAsIm5iZiI6OTQ2Njg0ODAwLCJleHAiOjk0NjY4ODQwMCwianRpIjoiczEiLCJpc3MiOiJzaG9wIn0.bEJhqrel3jln3LjnbWylT_-BDyvxG90NJJ4G4bOV4bU";

    /// <summary>Minted by PyJWT 2.6, likewise: web sticks to a.</summary>
    private const string FromPyJwt = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJ3ZWIiLCJhY3QiOiJzdGljayIsInN1YiI6ImEiLCJpYXQiOjk0NjY4NDgwMCwiZXhwIjo5NDY2ODg0MDB9.cHNI-XiWug_MNy2kW3-pzBWXt4Tj3OwXmo4arPuu0Mo";

    [Fact]
    public void Tokens_of_other_languages_are_followed()
    {
        var fleet = Shop();
        var decision = fleet.Decide(Steered(FromJose));
        Assert.Equal(("gold", "g", SteeringVerdict.Followed), (decision.Farm?.Name, decision.Member?.Server.Name, decision.Steering.Verdict));
        Assert.Equal(("a", true), (fleet.Decide(Steered(FromPyJwt)) is var stuck ? stuck.Member?.Server.Name : null, stuck.Pinned));
    }

    [Fact]
    public void Go_leads_to_a_farm_that_the_source_allows_and_to_no_other()
    {
        var fleet = Shop();
        Assert.Equal(("gold", "g", SteeringVerdict.Followed, false), Went(fleet.Decide(Go("gold"))));
        Assert.Equal(("gold", "g", SteeringVerdict.Followed, false), Went(fleet.Decide(Go("GOLD"))));
        Assert.Equal(("web", "a", SteeringVerdict.NotAllowed, false), Went(fleet.Decide(Go("other") with { Seed = 0 })));
        Assert.Equal(("web", "a", SteeringVerdict.NotAllowed, false), Went(fleet.Decide(Go("nowhere") with { Seed = 0 })));
        // A step leads no further: gold would let it go to other, but the token is for web.
        Assert.Equal("not_allowed", fleet.Decide(Go("other")).Steering.Word);
    }

    [Fact]
    public void Go_to_a_farm_that_cannot_serve_is_a_normal_decision_and_its_forwards_count()
    {
        var fleet = Shop();
        fleet.Set(TestStates.ServerOff("g"));
        Assert.Equal(("web", "a", SteeringVerdict.Unavailable, false), Went(fleet.Decide(Go("gold") with { Seed = 0, Lease = TimeSpan.FromMinutes(1) })));
        Assert.Equal((0, 1), (fleet.Farm("gold").Cells.InFlight, fleet.Web.Cells.InFlight));

        var forwarding = Shop(gold => gold with { ForwardDown = new ForwardTarget("other") });
        forwarding.Set(TestStates.ServerOff("g"));
        var decision = forwarding.Decide(Go("gold"));
        Assert.Equal(("other", "o", SteeringVerdict.Followed, false), Went(decision));
        Assert.Equal(new ForwardHop("gold", "other", ForwardReason.NoAvailableMember, null), decision.LastHop);
    }

    [Fact]
    public void Go_to_the_own_farm_only_gives_a_priority_class()
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a") with { MaxInFlight = 10 });
        fleet.Steering.Use(Tokens.OneKey);
        for (var i = 0; i < 9; i++)
        {
            fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) });
        }
        Assert.Equal(DecisionKind.FarmOverCapacity, fleet.Decide().Kind);
        Assert.Equal(DecisionKind.Chosen, fleet.Decide(Steered(Token("go", "web", "high"))).Kind);
        Assert.Equal(DecisionKind.FarmOverCapacity, fleet.Decide(Steered(Token("go", "web", "low")) with { Priority = PriorityClass.High }).Kind);
        Assert.Equal(DecisionKind.Chosen, fleet.Decide(Steered(Token("stick", "a", "high"))).Kind);
    }

    [Theory]
    [InlineData("stick", "down", "a")]
    [InlineData("stick", "out", "a")]
    [InlineData("stick", "drain", "a")]
    [InlineData("stick", "check", "a")]
    [InlineData("stick", "ejected", "a")]
    [InlineData("stick", "member drain", "a")]
    [InlineData("stick", "drain and down", "a")]
    [InlineData("stick", "off", "b")]
    [InlineData("stick", "member off", "b")]
    [InlineData("stick", "drain, member off", "b")]
    [InlineData("safe", "well", "a")]
    [InlineData("safe", "drain", "a")]
    [InlineData("safe", "member drain", "a")]
    [InlineData("safe", "down", "b")]
    [InlineData("safe", "out", "b")]
    [InlineData("safe", "check", "b")]
    [InlineData("safe", "ejected", "b")]
    [InlineData("safe", "drain and down", "b")]
    [InlineData("safe", "off", "b")]
    public void Stick_stays_unless_the_server_is_off_and_safe_while_it_can_serve(string action, string state, string server)
    {
        var fleet = Shop();
        fleet.Set(StateOf(state));
        var decision = fleet.Decide(Steered(Token(action, "a")));
        Assert.Equal((server, server == "a"), (decision.Member?.Server.Name, decision.Pinned));
        Assert.Equal(server == "a" ? SteeringVerdict.Followed : SteeringVerdict.Unavailable, decision.Steering.Verdict);
        Assert.Equal(server == "a", decision.Steering.IsFollowed);
    }

    [Fact]
    public void A_steered_session_gets_its_server_and_not_the_one_that_stands_in()
    {
        var definition = TestFleet.Fleet(TestFleet.FarmOf("a b")) is var fleet ? fleet with { Servers = [TestFleet.Server("a") with { Forward = "s" }, TestFleet.Server("b"), TestFleet.Server("s")] } : null;
        var standing = TestFleet.Of(definition!, TestStates.ServerDown("a"));
        standing.Steering.Use(Tokens.OneKey);
        Assert.Equal("a", standing.Pick(Steered(Token("stick", "a"))));
        Assert.Contains(standing.Pick(Steered(Token("safe", "a"))), new[] { "b", "s" });
    }

    [Theory]
    [InlineData("stick", "a", 3)]
    [InlineData("safe", "b", 2)]
    public void Stick_goes_over_a_servers_limit_and_safe_does_not(string action, string server, long inFlight)
    {
        var fleet = TestFleet.Of(new FleetDefinition([TestFleet.Server("a") with { MaxInFlight = 2 }, TestFleet.Server("b")], [TestFleet.FarmOf("a b")]));
        fleet.Steering.Use(Tokens.OneKey);
        var leased = Steered(Token(action, "a")) with { Lease = TimeSpan.FromMinutes(1) };
        Assert.Equal("a a", fleet.Picks(2, leased));
        Assert.Equal(server, fleet.Pick(leased));
        Assert.Equal(inFlight, fleet.Snapshot.FindServer("a")!.Cells.InFlight);
        Assert.Equal("b b", fleet.Picks(2)); // Nobody else goes there.
    }

    [Theory]
    [InlineData("stick")]
    [InlineData("safe")]
    public void What_the_caller_excludes_is_not_stuck_to(string action)
    {
        var query = Steered(Token(action, "a"));
        Assert.Equal(("web", "b", SteeringVerdict.Unavailable, false), Went(Shop().Decide(query with { Exclude = ["A"] })));
        Assert.Equal(DecisionKind.NoAvailableMember, Shop().Decide(query with { Labels = new Dictionary<string, string> { ["zone"] = "1" } }).Kind);
    }

    [Fact]
    public void The_callers_own_affinity_counts_when_the_token_does_not()
    {
        var fleet = Shop();
        fleet.Set(TestStates.ServerDown("a"));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("b", fleet.Pick(Steered("no token") with { PinnedServer = "b" }));
            Assert.Equal("b", fleet.Pick(Steered(Token("safe", "a")) with { PinnedServer = "b" }));
            Assert.Equal("a", fleet.Pick(Steered(Token("stick", "a")) with { PinnedServer = "b" }));
        }
    }

    [Fact]
    public void A_farm_that_is_off_is_off_for_tokens_too()
    {
        var fleet = Shop();
        fleet.Set(FleetStates.Normal.WithFarm("web", TestStates.Off));
        var decision = fleet.Decide(Steered(Token("stick", "a")));
        Assert.Equal((DecisionKind.FarmOff, SteeringVerdict.Unavailable), (decision.Kind, decision.Steering.Verdict));
        Assert.Equal(("gold", "g", SteeringVerdict.Followed, false), Went(fleet.Decide(Go("gold"))));
    }

    [Fact]
    public void A_server_of_another_farm_is_no_server_of_this_one()
    {
        var decision = Shop().Decide(Steered(Token("stick", "g")) with { Seed = 0 });
        Assert.Equal(("web", "a", SteeringVerdict.UnknownServer, false), Went(decision));
    }

    [Fact]
    public void A_token_is_for_the_farms_it_names_and_its_key_for_those_of_the_configuration()
    {
        var fleet = Shop();
        var gold = Tokens.Sign(Tokens.Payload("stick", "a", audience: "\"gold\""));
        Assert.Equal(SteeringVerdict.Foreign, fleet.Decide(Steered(gold)).Steering.Verdict);
        Assert.Equal(SteeringVerdict.Foreign, fleet.Decide(Steered(Tokens.Sign(Tokens.Payload("go", "gold", audience: "\"gold\"")))).Steering.Verdict);
        Assert.Equal(SteeringVerdict.Followed, fleet.Decide(Steered(Tokens.Sign(Tokens.Payload("stick", "a", audience: """["gold","web"]""")))).Steering.Verdict);

        fleet.Steering.Use(Tokens.Settings(("k1", 1, ["gold"])));
        Assert.Equal(SteeringVerdict.Foreign, fleet.Decide(Steered(Token("stick", "a"))).Steering.Verdict);
        fleet.Steering.Use(Tokens.Settings(("k1", 1, ["gold", "WEB"])));
        Assert.Equal(SteeringVerdict.Followed, fleet.Decide(Steered(Token("stick", "a"))).Steering.Verdict);
        fleet.Steering.Use(SteeringSettings.None);
        Assert.Equal(SteeringVerdict.UnknownKey, fleet.Decide(Steered(Token("stick", "a"))).Steering.Verdict);
    }

    [Fact]
    public void A_bad_token_changes_nothing_and_is_told_in_words() => Gen.Select(FleetGen.Fleet, FleetGen.States, FleetGen.Query.Array[10], Gen.String).Sample((fleet, states, queries, text) =>
    {
        var (one, two) = (TestFleet.Of(fleet, states), TestFleet.Of(fleet, states));
        foreach (var query in queries)
        {
            var (plain, steered) = (one.Decide(query with { Seed = 7 }), two.Decide(query with { Seed = 7, Steering = text }));
            Assert.Equal((plain.Kind, plain.Farm?.Name, plain.Member?.Server.Name, plain.Url, plain.LastHop, plain.Pinned), (steered.Kind, steered.Farm?.Name, steered.Member?.Server.Name, steered.Url, steered.LastHop, steered.Pinned));
            Assert.False(steered.Steering.IsFollowed);
            Assert.Equal("", plain.Steering.ToString());
            if (steered.Kind != DecisionKind.FarmNotFound)
            {
                Assert.StartsWith("ignored (malformed): ", steered.Steering.ToString(), StringComparison.Ordinal);
            }
        }
    }, iter: 300);

    [Fact]
    public void A_good_token_never_leads_where_the_operator_said_off() => Gen.Select(FleetGen.Fleet, FleetGen.States, FleetGen.Query.Array[10], Gen.Int[0, 2], Gen.Int[0, 20]).Sample((definition, states, queries, action, target) =>
    {
        var fleet = TestFleet.Of(definition, states);
        fleet.Steering.Use(Tokens.OneKey);
        foreach (var query in queries.Where(q => definition.Farms.Any(f => EntityName.Comparer.Equals(f.Name, q.Farm))))
        {
            var names = action == 0 ? definition.Farms.Select(f => f.Name).ToArray() : [.. definition.Servers.Select(s => s.Name)];
            var payload = Tokens.Payload(new[] { "go", "stick", "safe" }[action], names[target % names.Length], audience: $"\"{query.Farm}\"");
            var decision = fleet.Decide(query with { Steering = Tokens.Sign(payload) });
            if (decision.Member is { } member)
            {
                Assert.NotEqual(AdminState.Off, member.IsStandIn ? member.Server.State.Admin.State : member.EffectiveAdmin);
                Assert.DoesNotContain(member.Server.Name, query.Exclude ?? [], EntityName.Comparer);
            }
        }
        Assert.Equal(fleet.Leases.Open, fleet.Snapshot.Farms.Sum(f => f.Cells.InFlight));
        Assert.Equal(fleet.Leases.Open, fleet.Snapshot.Servers.Sum(s => s.Cells.InFlight));
    }, iter: 500);

    [Fact]
    public void A_followed_token_is_told_in_words_without_its_text()
    {
        var token = Token("safe", "a", "low");
        var words = Shop().Decide(Steered(token)).Steering.ToString();
        Assert.Equal("followed (ok): the decision is the token's; safely stay with a, for web, key k1, until 2000-01-01T01:00:00Z, priority low", words);
    }

    [Fact]
    public void A_decision_by_a_token_seen_before_allocates_nothing()
    {
        var fleet = Shop();
        foreach (var query in new[] { Steered(Token("stick", "a")), Go("gold"), Steered(Token("safe", "b")) with { Lease = TimeSpan.FromMinutes(1) } })
        {
            Assert.Equal(0, Allocations.Of(() =>
            {
                for (var i = 0; i < 10_000; i++)
                {
                    fleet.Leases.Close(fleet.Decide(query).Lease, Athena.Engine.Leases.OutcomeKind.Success, out _);
                }
            }));
        }
    }

    /// <summary>Farms web (a, b), which may go to gold (g), which may go to other (o).</summary>
    private static TestFleet Shop(Func<FarmDefinition, FarmDefinition>? gold = null)
    {
        var golden = new FarmDefinition("gold") { Members = [new MemberDefinition("g")], SteerTo = ["other"] };
        var fleet = TestFleet.Of(TestFleet.Fleet(
            TestFleet.FarmOf("a b") with { SteerTo = ["Gold"] }, gold?.Invoke(golden) ?? golden, new FarmDefinition("other") { Members = [new MemberDefinition("o")] }));
        fleet.Steering.Use(Tokens.OneKey);
        return fleet;
    }

    private static string Token(string action, string subject, string? priority = null) =>
        Tokens.Sign(Tokens.Payload(action, subject, priority is null ? "" : $",\"pri\":\"{priority}\""));

    private static BalanceQuery Steered(string token) => new("web") { Steering = token };

    private static BalanceQuery Go(string farm) => Steered(Token("go", farm));

    private static (string?, string?, SteeringVerdict, bool) Went(Decision decision) =>
        (decision.Farm?.Name, decision.Member?.Server.Name, decision.Steering.Verdict, decision.Pinned);

    private static FleetStates StateOf(string state) => state switch
    {
        "well" => FleetStates.Normal,
        "down" => TestStates.ServerDown("a"),
        "out" => TestStates.ServerOut("a"),
        "drain" => TestStates.ServerDrain("a"),
        "off" => TestStates.ServerOff("a"),
        "check" => TestStates.With("a", new ServerState { Check = CheckState.Failed }),
        "drain and down" => TestStates.With("a", new ServerState { Admin = TestStates.Drain, Health = HealthState.Down }),
        "member drain" => FleetStates.Normal.Member("a", TestStates.Drain),
        "member off" => FleetStates.Normal.Member("a", TestStates.Off),
        "drain, member off" => TestStates.ServerDrain("a").Member("a", TestStates.Off),
        "ejected" => FleetStates.Normal.WithEjection(new MemberKey("web", "a"), new StateNote("athena", "", DateTimeOffset.UnixEpoch, null)),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
