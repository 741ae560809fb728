using System.Collections.Immutable;
using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.State;
using Google.Protobuf;

namespace Athena.Service.Tests.State;

/// <summary>A definition is the same after it was a message, and after it was kept.</summary>
public sealed class DefinitionTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void No_field_is_lost_as_a_message_or_as_json()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            var (server, farm) = (Server(random), Farm(random));
            var checks = new RequestChecks();
            var serverBack = Athena.V1.Server.Parser.ParseFrom(server.ToMessage().ToByteArray()).ToDefinition(ref checks);
            var farmBack = Athena.V1.Farm.Parser.ParseFrom(farm.ToMessage().ToByteArray()).ToDefinition(ref checks);
            Assert.True(checks.Result is null, $"seed {seed}");
            Assert.True(DefinitionJson.Same(server, serverBack), $"seed {seed}: {DefinitionJson.Of(server)} became {DefinitionJson.Of(serverBack)}");
            Assert.True(DefinitionJson.Same(farm, farmBack), $"seed {seed}: {DefinitionJson.Of(farm)} became {DefinitionJson.Of(farmBack)}");
            Assert.True(DefinitionJson.Same(server, RunTimeEntity.Created(server).Server(null)), $"seed {seed}");
            Assert.True(DefinitionJson.Same(farm, RunTimeEntity.Created(farm).Farm(null)), $"seed {seed}");
            var other = Farm(random);
            Assert.True(RunTimeEntity.Changed(other with { Name = farm.Name }, farm) is not { } changed || DefinitionJson.Same(farm, changed.Farm(other with { Name = farm.Name })), $"seed {seed}");
        }
    }

    [Fact]
    public void The_sample_sets_every_field()
    {
        // A field that is new must be drawn here, and so must be mapped.
        AssertSetsAll(new ServerDefinition("", ""), () => Server(Random.Shared));
        AssertSetsAll(new FarmDefinition(""), () => Farm(Random.Shared));
    }

    [Fact]
    public void A_changed_weight_leaves_the_rest_to_the_configuration()
    {
        var was = new FarmDefinition("web") { Members = [new("a"), new("b")] };
        var changed = RunTimeEntity.Changed(was, was with { Members = [new("a") { Weight = 5 }, new("b")] })!;
        Assert.Equal(["weights"], changed.FieldNames);
        var now = changed.Farm(new FarmDefinition("web") { Members = [new("c"), new("a") { Tier = 1 }], MaxInFlight = 3 });
        Assert.Equal([(1u, 0), (5u, 1)], now.Members.Select(m => (m.Weight, m.Tier)));
        Assert.Equal((3, Origin.Changed), (now.MaxInFlight, now.Origin));
        Assert.Null(RunTimeEntity.Changed(was, was with { MaxInFlight = 0 }));
    }

    private static void AssertSetsAll<T>(T plain, Func<T> draw)
    {
        var unset = typeof(T).GetProperties().Where(p => p.CanWrite && p.Name != nameof(ServerDefinition.Origin)).ToDictionary(p => p.Name);
        for (var i = 0; i < 200 && unset.Count > 0; i++)
        {
            var drawn = draw();
            foreach (var property in unset.Values.Where(p => !Equals(p.GetValue(plain), p.GetValue(drawn))).ToArray())
            {
                unset.Remove(property.Name);
            }
        }
        Assert.Empty(unset.Keys);
    }

    private static ServerDefinition Server(Random r) => new($"s{r.Next(100)}", $"http://10.0.0.{r.Next(255)}:80")
    {
        Labels = Enumerable.Range(0, r.Next(4)).ToImmutableSortedDictionary(i => $"K{i}", i => $"v {r.Next()}\"ä"),
        MaxInFlight = r.Next(3) == 0 ? int.MaxValue : r.Next(10),
        ExpectUpdate = r.Next(3) switch { 0 => null, 1 => TimeSpan.Zero, _ => Second * r.NextDouble() },
        Forward = r.Next(2) == 0 ? null : "other",
        Check = Check(r),
    };

    private static FarmDefinition Farm(Random r) => new($"f{r.Next(100)}")
    {
        Policy = new PolicyDefinition(r.Next(2) == 0 ? "sum" : "Random") { Parameters = PolicyDefinition.Default.Parameters.AddRange(Enumerable.Range(0, r.Next(4)).Select(i => KeyValuePair.Create($"Statistics:c{i}", $"{r.Next()}"))) },
        Members = [.. Enumerable.Range(0, r.Next(5)).Select(i => new MemberDefinition($"M{i}") { Weight = r.Next(3) == 0 ? uint.MaxValue : (uint)r.Next(3), Tier = r.Next(3) })],
        ForwardOff = r.Next(2) == 0 ? null : new ForwardTarget("https://sorry.example/"),
        ForwardDown = r.Next(2) == 0 ? null : new ForwardTarget("f2"),
        PanicThreshold = r.Next(2) == 0 ? 0 : r.NextDouble(),
        MaxInFlight = r.Next(10),
        ExpectUpdate = r.Next(3) switch { 0 => null, 1 => TimeSpan.Zero, _ => Second * r.NextDouble() },
        Check = Check(r),
        Ejection = r.Next(2) == 0 ? null : new EjectionDefinition
        {
            Interval = Second * r.NextDouble(),
            ConsecutiveFailures = r.Next(3),
            Enforce = r.Next(101),
            SuccessRate = new OutlierDefinition(r.Next(2) * r.NextDouble(), r.Next(3), r.Next(3), r.Next(101)),
            FailurePercentage = new OutlierDefinition(r.Next(2) * r.NextDouble(), r.Next(3), r.Next(3), r.Next(101)),
            BaseTime = Second * r.NextDouble(),
            LongestTime = Second * r.NextDouble(),
            MostEjected = r.Next(2) * r.NextDouble(),
        },
        SlowStart = r.Next(2) == 0 ? null : new SlowStartDefinition(Second * r.Next(1, 60), 0.1 + r.NextDouble(), 0.01 + (r.NextDouble() / 2)),
        SteerTo = [.. Enumerable.Range(0, r.Next(3)).Select(i => $"f{i}")],
    };

    private static CheckDefinition? Check(Random r) => r.Next(2) == 0 ? null : new CheckDefinition((CheckKind)r.Next(4))
    {
        Path = r.Next(2) == 0 ? null : "/healthz",
        ExpectedStatus = r.Next(3) * 100,
        BodyText = r.Next(2) == 0 ? null : "ok",
        Interval = Second * r.NextDouble(),
        Timeout = Second * r.NextDouble(),
        Rise = r.Next(1, 5),
        Fall = r.Next(1, 5),
    };
}
