using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Tests.Health;

public sealed class SlowStartTests
{
    private static readonly string[] Slow = [.. HealthRig.Members("a b"), "Farms:web:SlowStart:Window=00:01:00"];

    [Fact]
    public async Task A_member_that_becomes_available_starts_slowly_and_the_service_does_not()
    {
        using var rig = await HealthRig.StartAsync(Slow);
        Assert.Equal(1, rig.Member("a").EffectiveWeight);
        await rig.ChangeAsync(new StateChange { Server = "a", Admin = AdminState.Off });
        await rig.ChangeAsync(new StateChange { Server = "a", Admin = AdminState.On });
        Assert.Equal([0.1, 1], rig.Snapshot.FindFarm("web")!.Members.Select(m => m.EffectiveWeight));
        var (revision, place) = (rig.Snapshot.Revision, rig.Log.Head);
        rig.Time.Advance(TimeSpan.FromSeconds(15));
        await rig.Writer.RefreshWeightsAsync(default);
        Assert.Equal(0.25, rig.Member("a").EffectiveWeight, 1e-9);
        // Another change in between neither ends it nor begins it anew.
        await rig.ChangeAsync(new StateChange { Server = "b", Check = CheckState.Failed });
        await rig.ChangeAsync(new StateChange { Server = "b", Check = CheckState.Good });
        Assert.Equal([0.25, 0.1], rig.Snapshot.FindFarm("web")!.Members.Select(m => Math.Round(m.EffectiveWeight, 6)));
        rig.Time.Jump(TimeSpan.FromDays(1));
        rig.Time.Advance(TimeSpan.FromSeconds(45));
        await rig.Writer.RefreshWeightsAsync(default);
        Assert.Equal([1, 0.75], rig.Snapshot.FindFarm("web")!.Members.Select(m => Math.Round(m.EffectiveWeight, 6)));
        rig.Time.Advance(TimeSpan.FromSeconds(15));
        await rig.Writer.RefreshWeightsAsync(default);
        Assert.False(rig.Snapshot.FindFarm("web")!.IsWarming);
        // The two changes alone were told: of the server and its farm each.
        var changes = new List<FleetChange>();
        rig.Log.Read(place, changes, out _);
        Assert.Equal((revision + 2, 4), (rig.Snapshot.Revision, changes.Count));
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("random")]
    [InlineData("least_load")]
    public async Task Every_policy_gives_it_its_part(string policy)
    {
        using var rig = await HealthRig.StartAsync([.. Slow, $"Farms:web:Policy:Name={policy}"]);
        await rig.ChangeAsync(new StateChange { Server = "a", Admin = AdminState.Off });
        await rig.ChangeAsync(new StateChange { Server = "a", Admin = AdminState.On });
        rig.Time.Advance(TimeSpan.FromSeconds(15));
        await rig.Writer.RefreshWeightsAsync(default);
        const int Decisions = 10_000;
        var count = Enumerable.Range(0, Decisions).Count(_ => rig.Balancer.Decide(new BalanceQuery("web")).Member!.Server.Name == "a");
        // 0.25 of 1.25; five standard deviations of a binomial count. Nobody has reported a load: least_load goes by weight alone, the better of two draws.
        Assert.InRange(count, policy == "least_load" ? 1 : (Decisions * 0.2) - 200, (Decisions * 0.2) + 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(-1)]
    [InlineData(-24)]
    public async Task A_clock_that_jumps_neither_hurries_a_slow_start_nor_holds_it_up(int hours)
    {
        using var rig = await HealthRig.StartAsync(Slow);
        await rig.ChangeAsync(new StateChange { Server = "a", Check = CheckState.Failed });
        await rig.ChangeAsync(new StateChange { Server = "a", Check = CheckState.Good });
        rig.Time.Advance(TimeSpan.FromSeconds(15));
        rig.Time.Jump(TimeSpan.FromHours(hours));
        // Neither the next look nor the next change, which makes the member anew, goes by the wall clock.
        await rig.Writer.RefreshWeightsAsync(default);
        Assert.Equal(0.25, rig.Member("a").EffectiveWeight, 1e-9);
        await rig.ChangeAsync(new StateChange { Farm = "web", Server = "b", Admin = AdminState.Drain });
        Assert.Equal(0.25, rig.Member("a").EffectiveWeight, 1e-9);
        rig.Time.Jump(TimeSpan.FromHours(-2 * hours));
        rig.Time.Advance(TimeSpan.FromSeconds(44));
        await rig.Writer.RefreshWeightsAsync(default);
        Assert.Equal(59 / 60d, rig.Member("a").EffectiveWeight, 1e-9);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.Writer.RefreshWeightsAsync(default);
        Assert.Equal((1, false), (rig.Member("a").EffectiveWeight, rig.Snapshot.FindFarm("web")!.IsWarming));
        // Nor does a member that begins after a jump begin anywhere but at its smallest share.
        rig.Time.Jump(TimeSpan.FromHours(hours));
        await rig.ChangeAsync(new StateChange { Server = "a", Admin = AdminState.Off });
        rig.Time.Jump(TimeSpan.FromHours(hours));
        await rig.ChangeAsync(new StateChange { Server = "a", Admin = AdminState.On });
        Assert.Equal(0.1, rig.Member("a").EffectiveWeight, 1e-9);
    }

    [Fact]
    public async Task A_reload_that_adds_a_member_lets_it_start_slowly_and_one_that_ends_slow_start_does_so_at_once()
    {
        using var rig = await HealthRig.StartAsync(Slow);
        await rig.ConfigureAsync([.. Slow, .. HealthRig.Members("c")]);
        Assert.Equal([1, 1, 0.1], rig.Snapshot.FindFarm("web")!.Members.Select(m => m.EffectiveWeight));
        await rig.ConfigureAsync(HealthRig.Members("a b c"));
        Assert.Equal([1, 1, 1], rig.Snapshot.FindFarm("web")!.Members.Select(m => m.EffectiveWeight));
    }
}
