using System.Collections.Immutable;
using Athena.Engine.Farms;
using CsCheck;

namespace Athena.Engine.Tests;

/// <summary>Random fleets of up to 8 servers and 3 farms, with all that a definition can hold; states; questions.</summary>
internal static class FleetGen
{
    public const int Servers = 8;
    public const int Farms = 3;

    private static readonly string[] Policies =
        [.. EveryPolicy.Forms];

    private static readonly Gen<AdminSetting> Admin = Gen.OneOf(AdminSetting.On, AdminSetting.On, AdminSetting.On, TestStates.Drain, TestStates.Off);

    private static readonly Gen<ServerState> State = Gen.Select(Admin, Gen.Int[0, 5], Gen.Int[0, 5], (admin, down, late) => new ServerState
    {
        Admin = admin,
        Health = down == 0 ? HealthState.Down : HealthState.Up,
        Freshness = late == 0 ? FreshnessState.Out : FreshnessState.In,
    });

    private static readonly Gen<ImmutableArray<MemberDefinition>> Members =
        Gen.Select(Gen.Bool, Gen.OneOf(Gen.UInt[0, 5], Gen.UInt[0, 5], Gen.UInt[0, 5], Gen.Const(uint.MaxValue)), Gen.Int[0, 2]).Array[Servers].Select(members =>
            members.Select((m, i) => (Is: m.Item1, Member: new MemberDefinition($"S{i}") { Weight = m.Item2, Tier = m.Item3 }))
                .Where(m => m.Is).Select(m => m.Member).ToImmutableArray());

    public static Gen<FleetDefinition> Fleet { get; } = Gen.Select(
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2 * Servers], Gen.Int[0, 1]).Array[Servers],
        Gen.Select(Members, Gen.OneOf(Policies), Gen.OneOf(0.0, 0.5, 1.0), Gen.Int[0, 10], Gen.Int[0, 2 * Farms], Gen.Int[0, 2 * Farms]).Array[Farms],
        (servers, farms) => new FleetDefinition(
            [.. servers.Select((s, i) => TestFleet.Server($"s{i}") with
            {
                MaxInFlight = s.Item1,
                Forward = s.Item2 > i && s.Item2 < Servers ? $"s{s.Item2}" : null,
                Labels = ImmutableSortedDictionary<string, string>.Empty.Add("zone", $"{s.Item3}"),
            })],
            [.. farms.Select((f, i) => new FarmDefinition($"f{i}")
            {
                Members = f.Item1,
                Policy = TestFleet.PolicyOf(f.Item2),
                PanicThreshold = f.Item3,
                MaxInFlight = f.Item4,
                ForwardOff = TargetOf(f.Item5, i),
                ForwardDown = TargetOf(f.Item6, i),
            })]));

    public static Gen<FleetStates> States { get; } = Gen.Select(
        State.Array[Servers], Admin.Array[Servers * Farms], Gen.OneOf(AdminSetting.On, AdminSetting.On, TestStates.Off).Array[Farms],
        (servers, members, farms) =>
        {
            var states = FleetStates.Normal;
            for (var i = 0; i < Servers; i++)
            {
                states = states.WithServer($"s{i}", servers[i]);
            }
            for (var i = 0; i < members.Length; i++)
            {
                states = states.WithMember(new MemberKey($"f{i / Servers}", $"s{i % Servers}"), members[i]);
            }
            for (var i = 0; i < Farms; i++)
            {
                states = states.WithFarm($"f{i}", farms[i]);
            }
            return states;
        });

    public static Gen<BalanceQuery> Query { get; } = Gen.Select(
        Gen.Int[0, Farms], Gen.Int[0, (1 << Servers) - 1], Gen.Int[0, 5], Gen.Int[0, 2 * Servers], Gen.Bool, Gen.Enum<PriorityClass>(), Gen.ULong,
        (farm, excluded, zone, pinned, leased, priority, seed) => new BalanceQuery($"f{farm}")
        {
            Exclude = (excluded & 1) != 0 ? null : [.. Enumerable.Range(0, Servers).Where(i => (excluded & (excluded >> 4) & (1 << i)) != 0).Select(i => $"s{i}")],
            Labels = zone > 1 ? null : new Dictionary<string, string> { ["zone"] = $"{zone}" },
            PinnedServer = pinned < Servers ? $"s{pinned}" : null,
            Lease = leased ? TimeSpan.FromMinutes(1) : null,
            Priority = priority,
            Seed = seed,
            HashKey = (seed & 1) == 0 ? seed * 31 : null,
        });

    /// <summary>For each server a number to report, or none.</summary>
    public static Gen<double[]> Numbers { get; } =
        Gen.OneOf(Gen.Const(double.NaN), Gen.Const(0.0), Gen.Const(double.Epsilon), Gen.Double[0, 100], Gen.Const(1e18)).Array[Servers];

    private static ForwardTarget? TargetOf(int drawn, int farm) =>
        drawn > farm && drawn < Farms ? new($"f{drawn}") : drawn == Farms ? new("https://sorry.example/") : null;
}
