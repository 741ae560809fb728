using Athena.Engine.Farms;
using Athena.Service.Health;
using Athena.Service.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Athena.Service.Tests.Health;

public sealed class FreshnessMonitorTests : IDisposable
{
    private HealthRig _rig = null!;
    private FreshnessMonitor _monitor = null!;

    [Fact]
    public async Task The_start_and_a_return_from_off_begin_with_one_full_period_of_grace()
    {
        await StartAsync();
        await PassAsync(30);
        Assert.Equal("", _rig.Causes("a"));
        await PassAsync(1);
        Assert.Equal("Out", _rig.Causes("a"));
        await SetAsync(AdminState.Off);
        await PassAsync(3600);
        Assert.Equal("Off Out", _rig.Causes("a"));
        await SetAsync(AdminState.On);
        await PassAsync(0.1);
        Assert.Equal("", _rig.Causes("a"));
        await PassAsync(29.9);
        Assert.Equal("", _rig.Causes("a"));
        await PassAsync(0.2);
        Assert.Equal("Out", _rig.Causes("a"));
    }

    [Fact]
    public async Task Who_was_in_when_it_was_switched_off_has_the_period_too()
    {
        await StartAsync();
        await PassAsync(20);
        await SetAsync(AdminState.Off);
        await PassAsync(3600);
        Assert.Equal("Off", _rig.Causes("a"));
        await SetAsync(AdminState.On);
        await PassAsync(0.1);
        await PassAsync(29.9);
        Assert.Equal("", _rig.Causes("a"));
        await PassAsync(0.2);
        Assert.Equal("Out", _rig.Causes("a"));
    }

    [Theory]
    [InlineData(AdminState.On)]
    [InlineData(AdminState.Drain)]
    public async Task A_server_that_was_off_between_two_looks_has_the_period_as_well(AdminState back)
    {
        await StartAsync();
        await PassAsync(31);
        Assert.Equal("Out", _rig.Causes("a"));
        await SetAsync(AdminState.Off);
        await SetAsync(back);
        await PassAsync(0.1);
        Assert.DoesNotContain("Out", _rig.Causes("a"), StringComparison.Ordinal);
        await PassAsync(29.9);
        Assert.DoesNotContain("Out", _rig.Causes("a"), StringComparison.Ordinal);
        await PassAsync(0.2);
        Assert.Contains("Out", _rig.Causes("a"), StringComparison.Ordinal);
        // So it has when the change is undone.
        var off = await SetAsync(AdminState.Off);
        await _rig.Writer.UndoAsync(off.Operator!.Id, "ann", "", null, false, default);
        await PassAsync(0.1);
        Assert.DoesNotContain("Out", _rig.Causes("a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_was_away_is_a_new_one_and_has_the_period()
    {
        await StartAsync();
        await PassAsync(20);
        await _rig.ConfigureAsync([.. HealthRig.Members("b"), "ExpectUpdate=00:00:30"]);
        await PassAsync(3600);
        await _rig.ConfigureAsync([.. HealthRig.Members("a"), "ExpectUpdate=00:00:30"]);
        await PassAsync(29);
        Assert.Equal("", _rig.Causes("a"));
        await PassAsync(2);
        Assert.Equal("Out", _rig.Causes("a"));
    }

    [Fact]
    public async Task A_reload_that_allows_more_time_brings_in_who_is_within_it()
    {
        await StartAsync();
        await PassAsync(31);
        await _rig.ConfigureAsync([.. HealthRig.Members("a"), "ExpectUpdate=00:01:00"]);
        await PassAsync(0.1);
        Assert.Equal("", _rig.Causes("a"));
        await PassAsync(30);
        Assert.Equal("Out", _rig.Causes("a"));
    }

    [Theory]
    [InlineData(AdminState.On)]
    [InlineData(AdminState.Drain)]
    public async Task Only_a_report_brings_a_silent_server_in_that_was_not_off(AdminState state)
    {
        await StartAsync();
        await PassAsync(31);
        await SetAsync(state == AdminState.On ? AdminState.Drain : AdminState.On);
        await SetAsync(state);
        await PassAsync(100);
        Assert.Contains("Out", _rig.Causes("a"), StringComparison.Ordinal);
        Assert.Empty(_rig.Server("a").Cells.Statistics.Report([], _rig.Time.GetTimestamp()));
        await _monitor.ReportedAsync("a", default);
        Assert.DoesNotContain("Out", _rig.Causes("a"), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _monitor?.Dispose();
        _rig?.Dispose();
    }

    private async Task StartAsync()
    {
        _rig = await HealthRig.StartAsync([.. HealthRig.Members("a"), "ExpectUpdate=00:00:30"]);
        _monitor = new FreshnessMonitor(_rig.Writer, _rig.Time, NullLogger<FreshnessMonitor>.Instance);
        await _monitor.LookAsync(default);
    }

    private Task<WriteResult> SetAsync(AdminState state) => _rig.ChangeAsync(new StateChange { Server = "a", Admin = state, Actor = "ann" });

    private Task PassAsync(double seconds)
    {
        _rig.Time.Advance(TimeSpan.FromSeconds(seconds));
        return _monitor.LookAsync(default);
    }
}
