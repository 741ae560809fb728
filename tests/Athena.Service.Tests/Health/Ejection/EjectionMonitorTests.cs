using Athena.Engine.Leases;
using Athena.Service.Health.Ejection;
using Athena.Service.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Athena.Service.Tests.Health.Ejection;

public sealed class EjectionMonitorTests : IDisposable
{
    private HealthRig _rig = null!;
    private EjectionMonitor _monitor = null!;

    [Fact]
    public async Task Five_failures_in_a_row_eject_for_thirty_seconds()
    {
        await StartAsync("a b c", "Farms:web:Ejection:Interval=00:00:10");
        _rig.Report("a", OutcomeKind.ServerError, 4);
        await LookAsync();
        Assert.Equal("", _rig.Causes("a"));
        _rig.Report("a", OutcomeKind.Timeout);
        await LookAsync();
        Assert.Equal("Ejected", _rig.Causes("a"));
        var note = _rig.Member("a").Ejection!;
        Assert.Equal(("athena", "5 failures in a row", TimeSpan.FromSeconds(30)), (note.Actor, note.Reason, note.Until - note.Since));
        Assert.Equal(["farm=web finding=consecutive_failures enforced=True"], _rig.Counted("athena.ejections"));
        // What comes back late is not held against it.
        _rig.Report("a", OutcomeKind.Timeout, 20);
        await LookAsync(seconds: 29.8);
        Assert.Equal("Ejected", _rig.Causes("a"));
        await LookAsync(seconds: 0.3);
        Assert.Equal("", _rig.Causes("a"));
        await LookAsync(seconds: 1);
        Assert.Equal("", _rig.Causes("a"));
    }

    [Fact]
    public async Task A_success_between_failures_and_what_was_cancelled_speak_for_nobody()
    {
        await StartAsync("a b", "Farms:web:Ejection:ConsecutiveFailures=5");
        for (var i = 0; i < 3; i++)
        {
            _rig.Report("a", OutcomeKind.ConnectFailure, 4);
            _rig.Report("a", OutcomeKind.Cancelled, 10);
            await LookAsync();
            _rig.Report("a", OutcomeKind.Success);
            await LookAsync();
        }
        Assert.Equal("", _rig.Causes("a"));
    }

    [Fact]
    public async Task Ejections_in_short_succession_last_longer_and_good_intervals_forgive()
    {
        await StartAsync("a b c", "Farms:web:Ejection:Interval=00:00:10");
        async Task<TimeSpan> EjectAsync()
        {
            _rig.Report("a", OutcomeKind.ServerError, 5);
            await LookAsync();
            var note = _rig.Member("a").Ejection!;
            var span = (note.Until - note.Since)!.Value;
            await LookAsync(span.TotalSeconds + 0.1);
            Assert.Null(_rig.Member("a").Ejection);
            return span;
        }
        Assert.Equal(30, (await EjectAsync()).TotalSeconds);
        Assert.Equal(60, (await EjectAsync()).TotalSeconds);
        Assert.Equal(90, (await EjectAsync()).TotalSeconds);
        await LookAsync(seconds: 20.2);
        Assert.Equal(60, (await EjectAsync()).TotalSeconds);
        for (var i = 0; i < 20; i++)
        {
            Assert.True((await EjectAsync()).TotalSeconds <= 300);
        }
        Assert.Equal(300, (await EjectAsync()).TotalSeconds);
    }

    [Theory]
    [InlineData(100, "Ejected")]
    [InlineData(99, "")]
    public async Task A_success_rate_far_below_the_mean_ejects(int outcomes, string causes)
    {
        await StartAsync("a b c d e", "Farms:web:Ejection:ConsecutiveFailures=0");
        foreach (var name in "abcd")
        {
            _rig.Report(name.ToString(), OutcomeKind.Success, 100);
        }
        for (var i = 0; i < outcomes; i++)
        {
            _rig.Report("e", i % 2 == 0 ? OutcomeKind.Success : OutcomeKind.ServerError);
        }
        await LookAsync(seconds: 9.8);
        Assert.Equal("", _rig.Causes("e"));
        await LookAsync(seconds: 0.3);
        Assert.Equal(causes, _rig.Causes("e"));
        Assert.Equal("", _rig.Causes("a"));
    }

    [Fact]
    public async Task Too_many_failures_eject_when_that_is_asked_for_and_are_counted_when_not()
    {
        await StartAsync("a b c d e", "Farms:web:Ejection:ConsecutiveFailures=0", "Farms:web:Ejection:SuccessRate:Enforce=0", "Farms:web:Ejection:FailurePercentage:Requests=10");
        void All()
        {
            foreach (var name in "abcde")
            {
                _rig.Report(name.ToString(), name == 'e' ? OutcomeKind.Timeout : OutcomeKind.Success, 10);
            }
        }
        All();
        await LookAsync(seconds: 10.1);
        Assert.Equal("", _rig.Causes("e"));
        Assert.Contains("farm=web finding=failure_percentage enforced=False", _rig.Counted("athena.ejections"));
        await _rig.ConfigureAsync([.. HealthRig.Members("a b c d e"), "Farms:web:Ejection:ConsecutiveFailures=0", "Farms:web:Ejection:FailurePercentage:Requests=10", "Farms:web:Ejection:FailurePercentage:Enforce=100"]);
        All();
        await LookAsync(seconds: 10.1);
        Assert.Equal("10 of 10 failed", _rig.Member("e").Ejection!.Reason);
    }

    [Theory]
    [InlineData(5, null, 1)]
    [InlineData(20, null, 2)]
    [InlineData(5, "0.5", 2)]
    [InlineData(5, "0", 1)]
    [InlineData(3, "1", 2)] // Never the last.
    [InlineData(1, "1", 0)]
    public async Task Never_more_than_the_share_are_ejected(int members, string? share, int ejected)
    {
        var names = string.Join(' ', Enumerable.Range(0, members).Select(i => $"s{i}"));
        await StartAsync(names, share is null ? "Farms:web:Ejection:Interval=00:00:10" : $"Farms:web:Ejection:MostEjected={share}");
        foreach (var name in names.Split(' '))
        {
            _rig.Report(name, OutcomeKind.ServerError, 10);
        }
        await LookAsync(seconds: 1);
        Assert.Equal(ejected, _rig.Snapshot.FindFarm("web")!.Members.Count(m => m.Ejection is not null));
        Assert.Equal(members - ejected, _rig.Snapshot.FindFarm("web")!.AvailableCount);
    }

    [Fact]
    public async Task Shadow_mode_counts_and_lets_everybody_serve()
    {
        await StartAsync("a b c", "Farms:web:Ejection:Enforce=0");
        _rig.Report("a", OutcomeKind.ServerError, 5);
        await LookAsync();
        await LookAsync();
        Assert.Equal("", _rig.Causes("a"));
        Assert.Equal(["farm=web finding=consecutive_failures enforced=False"], _rig.Counted("athena.ejections"));
    }

    [Fact]
    public async Task A_farm_ejects_in_itself_alone_and_only_if_it_asks_for_it()
    {
        await StartAsync("a b", "Farms:web:Ejection:Interval=00:00:10", "Farms:other:Members:a:Weight=1", "Farms:other:Members:b:Weight=1");
        _rig.Report("a", OutcomeKind.ServerError, 5, farm: "other");
        await LookAsync();
        Assert.True(_rig.Member("a").IsAvailable);
        _rig.Report("a", OutcomeKind.ServerError, 5);
        await LookAsync();
        Assert.False(_rig.Member("a").IsAvailable);
        Assert.True(_rig.Member("a", "other").IsAvailable);
        Assert.True(_rig.Server("a").IsAvailable);
        await _rig.ConfigureAsync(HealthRig.Members("a b"));
        await LookAsync();
        Assert.True(_rig.Member("a").IsAvailable);
    }

    [Fact] // One run of failures for all farms: what worked in another farm hid what failed in this one.
    public async Task Successes_in_another_farm_do_not_speak_for_a_member()
    {
        await StartAsync("a b", "Farms:web:Ejection:Interval=00:00:10", "Farms:other:Members:a:Weight=1", "Farms:other:Ejection:Interval=00:00:10");
        for (var i = 0; i < 5; i++)
        {
            _rig.Report("a", OutcomeKind.ServerError);
            _rig.Report("a", OutcomeKind.Success, farm: "other");
        }
        await LookAsync();
        Assert.Equal("5 failures in a row", _rig.Member("a").Ejection?.Reason);
        Assert.True(_rig.Member("a", "other").IsAvailable);
    }

    [Fact]
    public async Task A_clock_that_jumps_ends_no_ejection_and_prolongs_none()
    {
        await StartAsync("a b c", "Farms:web:Ejection:Interval=00:00:10");
        _rig.Report("a", OutcomeKind.ServerError, 5);
        await LookAsync();
        _rig.Time.Jump(TimeSpan.FromDays(1));
        await LookAsync(seconds: 10);
        Assert.NotNull(_rig.Member("a").Ejection);
        _rig.Time.Jump(TimeSpan.FromDays(-2));
        await LookAsync(seconds: 20.2);
        Assert.Null(_rig.Member("a").Ejection);
    }

    [Fact]
    public async Task Operators_see_ejections_as_changes_that_are_not_theirs()
    {
        await StartAsync("a b c", "Farms:web:Ejection:Interval=00:00:10");
        var place = _rig.Log.Head;
        _rig.Report("a", OutcomeKind.ServerError, 5);
        await LookAsync();
        var changes = new List<FleetChange>();
        _rig.Log.Read(place, changes, out _);
        var change = Assert.Single(changes);
        Assert.Equal(("web", "athena"), (change.FarmName, change.Actor));
        Assert.Empty(StoredFleet.Subjects(Athena.Engine.Farms.FleetStates.Normal, _rig.Writer.States));
    }

    public void Dispose()
    {
        _monitor?.Dispose();
        _rig?.Dispose();
    }

    private async Task StartAsync(string members, params string[] settings)
    {
        _rig = await HealthRig.StartAsync([.. HealthRig.Members(members), .. settings]);
        _monitor = new EjectionMonitor(_rig.Writer, _rig.Metrics, _rig.Time, NullLogger<EjectionMonitor>.Instance);
        await _monitor.LookAsync(default);
    }

    private async Task LookAsync(double seconds = 0.1)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= EjectionMonitor.Interval)
        {
            _rig.Time.Advance(left < EjectionMonitor.Interval ? left : EjectionMonitor.Interval);
            await _monitor.LookAsync(default);
        }
    }
}
