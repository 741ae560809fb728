using Athena.Engine.Farms;
using Athena.Service.Health;
using Athena.Service.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Athena.Service.Tests.Health;

public sealed class StateExpiryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    [InlineData(-1)]
    [InlineData(-24)]
    public async Task A_clock_that_jumps_neither_ends_a_state_early_nor_prolongs_it(int hours)
    {
        using var rig = await HealthRig.StartAsync(HealthRig.Members("a"));
        using var expiry = new StateExpiry(rig.Writer, rig.Time, NullLogger<StateExpiry>.Instance);
        var until = rig.Time.GetUtcNow().AddSeconds(30);
        await rig.ChangeAsync(new StateChange { Server = "a", Admin = AdminState.Off, Actor = "ann", Until = until });
        await rig.ChangeAsync(new StateChange { Admin = AdminState.Off, Actor = "ann", Until = until });
        await expiry.LookAsync(default);
        rig.Time.Jump(TimeSpan.FromHours(hours));
        rig.Time.Advance(TimeSpan.FromSeconds(29));
        await expiry.LookAsync(default);
        Assert.Equal((AdminState.Off, AdminState.Off), (rig.Server("a").State.Admin.State, rig.Snapshot.Engine.State));
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await expiry.LookAsync(default);
        Assert.Equal((AdminState.On, AdminState.On), (rig.Server("a").State.Admin.State, rig.Snapshot.Engine.State));
        // What ended by itself is no operator's change.
        Assert.Equal(2, rig.Operators.Latest().Count);
    }

    [Fact]
    public async Task A_clock_that_jumps_takes_no_server_out()
    {
        using var rig = await HealthRig.StartAsync([.. HealthRig.Members("a"), "ExpectUpdate=00:00:30"]);
        using var monitor = new FreshnessMonitor(rig.Writer, rig.Time, NullLogger<FreshnessMonitor>.Instance);
        await monitor.LookAsync(default);
        foreach (var hours in new[] { 1, -2, 24, -48 })
        {
            rig.Time.Jump(TimeSpan.FromHours(hours));
            rig.Time.Advance(TimeSpan.FromSeconds(7));
            await monitor.LookAsync(default);
            Assert.Equal("", rig.Causes("a"));
        }
        rig.Time.Advance(TimeSpan.FromSeconds(3));
        await monitor.LookAsync(default);
        Assert.Equal("Out", rig.Causes("a"));
    }

    [Fact]
    public async Task A_clock_that_jumps_ends_no_lease_and_prolongs_none()
    {
        using var rig = await HealthRig.StartAsync(HealthRig.Members("a"));
        Assert.NotEqual(0UL, rig.Balancer.Decide(new("web") { Lease = TimeSpan.FromMinutes(1) }).Lease);
        foreach (var hours in new[] { 1, -2, 24, -48 })
        {
            rig.Time.Jump(TimeSpan.FromHours(hours));
            rig.Time.Advance(TimeSpan.FromSeconds(14));
            Assert.Equal(0, rig.Leases.Sweep());
        }
        rig.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, rig.Leases.Sweep());
    }

    [Fact]
    public async Task A_failure_of_all_reports_at_once_trips_panic()
    {
        using var rig = await HealthRig.StartAsync([.. HealthRig.Members("a b"), "ExpectUpdate=00:00:30", "Farms:web:PanicThreshold=0.5"]);
        using var monitor = new FreshnessMonitor(rig.Writer, rig.Time, NullLogger<FreshnessMonitor>.Instance);
        await monitor.LookAsync(default);
        rig.Time.Advance(TimeSpan.FromSeconds(31));
        await monitor.LookAsync(default);
        Assert.Equal(("Out", "Out", true), (rig.Causes("a"), rig.Causes("b"), rig.Snapshot.FindFarm("web")!.IsPanicking));
        Assert.NotNull(rig.Balancer.Decide(new("web")).Member);
    }
}
