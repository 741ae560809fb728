using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Service.Health.Checks;
using Athena.Service.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Athena.Service.Tests.Health.Checks;

public sealed class CheckRunnerTests : IDisposable
{
    private readonly FakeProbe _probe = new();
    private HealthRig _rig = null!;
    private CheckRunner _runner = null!;

    [Fact]
    public async Task A_server_is_down_after_fall_bad_checks_and_up_after_rise_good_ones()
    {
        await StartAsync("a", "Farms:web:Check:Kind=http", "Farms:web:Check:Fall=3", "Farms:web:Check:Rise=2");
        _probe.Bad["a"] = "status 500";
        await RoundsAsync(2);
        Assert.True(_rig.Member("a").IsAvailable);
        await RoundsAsync(1);
        Assert.Equal("CheckFailed", _rig.Causes("a"));
        var note = _rig.Server("a").State.CheckNote!;
        Assert.Equal(("athena", "3 bad checks in a row; the last: status 500"), (note.Actor, note.Reason));
        Assert.Equal(DecisionKind.NoAvailableMember, _rig.Balancer.Decide(new BalanceQuery("web")).Kind);
        _probe.Bad.Clear();
        await RoundsAsync(1);
        Assert.False(_rig.Member("a").IsAvailable);
        await RoundsAsync(1);
        Assert.Equal("", _rig.Causes("a"));
        Assert.Equal("a", _rig.Balancer.Decide(new BalanceQuery("web")).Member!.Server.Name);
    }

    [Fact]
    public async Task One_good_check_between_bad_ones_begins_the_count_anew()
    {
        await StartAsync("a", "Farms:web:Check:Kind=http", "Farms:web:Check:Fall=2");
        for (var i = 0; i < 3; i++)
        {
            _probe.Bad["a"] = "status 500";
            await RoundsAsync(1);
            _probe.Bad.Clear();
            await RoundsAsync(1);
        }
        Assert.True(_rig.Member("a").IsAvailable);
    }

    [Fact]
    public async Task A_check_and_an_operator_never_override_one_another()
    {
        await StartAsync("a", "Farms:web:Check:Kind=http", "Farms:web:Check:Fall=1", "Farms:web:Check:Rise=1");
        await _rig.ChangeAsync(new StateChange { Server = "a", Health = HealthState.Down, Actor = "ann" });
        await RoundsAsync(3);
        Assert.Equal("Down", _rig.Causes("a"));
        _probe.Bad["a"] = "status 500";
        await RoundsAsync(1);
        Assert.Equal("Down CheckFailed", _rig.Causes("a"));
        await _rig.ChangeAsync(new StateChange { Server = "a", Health = HealthState.Up, Actor = "ann" });
        Assert.Equal("CheckFailed", _rig.Causes("a"));
        await _rig.ChangeAsync(new StateChange { Server = "a", Health = HealthState.Down, Actor = "ann" });
        _probe.Bad.Clear();
        await RoundsAsync(1);
        Assert.Equal("Down", _rig.Causes("a"));
    }

    [Fact]
    public async Task A_silent_server_fails_by_time_out()
    {
        await StartAsync("a", "Farms:web:Check:Kind=http", "Farms:web:Check:Fall=1", "Farms:web:Check:Timeout=00:00:00.5");
        _probe.Silent.Add("a");
        await RoundsAsync(2);
        Assert.Equal("1 bad checks in a row; the last: no answer within 0.5 s", _rig.Server("a").State.CheckNote!.Reason);
    }

    [Fact]
    public async Task First_checks_are_spread_over_one_interval()
    {
        await StartAsync(string.Join(' ', Enumerable.Range(0, 100).Select(i => $"s{i}")), "Farms:web:Check:Kind=http");
        var perHalfSecond = new int[10];
        for (var half = 0; half < 10; half++)
        {
            for (var step = 0; step < 10; step++)
            {
                var before = _probe.Asked;
                _rig.Time.Advance(TimeSpan.FromMilliseconds(50));
                await _runner.LookAsync(default);
                perHalfSecond[half] += _probe.Asked - before;
            }
        }
        // Ten of a hundred each half second; one more or less at the borders, and second checks after 4.5 s.
        Assert.All(perHalfSecond[..9], n => Assert.InRange(n, 8, 12));
    }

    [Fact]
    public async Task No_more_are_under_way_than_allowed_and_never_two_for_one_server()
    {
        await StartAsync("a b c d e", "Farms:web:Check:Kind=http", "Farms:web:Check:Timeout=00:10:00");
        _probe.Silent.UnionWith(["a", "b", "c", "d", "e"]);
        for (var i = 0; i < 200; i++)
        {
            _rig.Time.Advance(TimeSpan.FromMilliseconds(100));
            await _runner.LookAsync(default);
        }
        Assert.Equal(4, _probe.Asked);
    }

    [Fact]
    public async Task Checks_change_with_the_configuration()
    {
        await StartAsync("a b", "Servers:a:Check:Kind=http", "Servers:a:Address=http://a.example:8080", "Servers:a:Check:Fall=1");
        _probe.Bad["a"] = "status 500";
        await RoundsAsync(1);
        Assert.Equal("CheckFailed", _rig.Causes("a"));
        Assert.Equal(0, _probe.AskedOf("b"));
        // The server's own answer to the farm's check is that there is none.
        await _rig.ConfigureAsync([.. HealthRig.Members("a b"), "Servers:a:Address=http://a.example:8080", "Servers:a:Check:Kind=none", "Farms:web:Check:Kind=http"]);
        var asked = _probe.AskedOf("a");
        await RoundsAsync(2);
        Assert.Equal("", _rig.Causes("a"));
        Assert.Equal(asked, _probe.AskedOf("a"));
        Assert.InRange(_probe.AskedOf("b"), 2, 4);
    }

    [Fact]
    public async Task A_failure_of_every_check_at_once_trips_panic_instead_of_an_outage()
    {
        await StartAsync("a b c d", "Farms:web:Check:Kind=http", "Farms:web:Check:Fall=1", "Farms:web:PanicThreshold=0.5");
        await _rig.ChangeAsync(new StateChange { Server = "d", Admin = AdminState.Off });
        foreach (var name in "abcd")
        {
            _probe.Bad[name.ToString()] = "the checker's network is gone";
        }
        await RoundsAsync(2);
        Assert.True(_rig.Snapshot.FindFarm("web")!.IsPanicking);
        Assert.Equal(["a", "b", "c"], Enumerable.Range(0, 30).Select(_ => _rig.Balancer.Decide(new BalanceQuery("web")).Member!.Server.Name).Distinct().Order());
    }

    [Fact]
    public async Task A_clock_that_jumps_changes_nothing()
    {
        await StartAsync("a", "Farms:web:Check:Kind=http");
        await RoundsAsync(1);
        var asked = _probe.Asked;
        foreach (var jump in new[] { TimeSpan.FromHours(1), TimeSpan.FromHours(-2), TimeSpan.FromDays(1), TimeSpan.FromDays(-30) })
        {
            _rig.Time.Jump(jump);
            await _runner.LookAsync(default);
        }
        Assert.Equal(asked, _probe.Asked);
        await RoundsAsync(2);
        Assert.Equal(asked + 2, _probe.Asked);
        Assert.True(_rig.Member("a").IsAvailable);
    }

    public void Dispose()
    {
        _runner?.Dispose();
        _rig?.Dispose();
    }

    private async Task StartAsync(string members, params string[] settings)
    {
        _rig = await HealthRig.StartAsync([.. HealthRig.Members(members), .. settings]);
        _runner = new CheckRunner(_rig.Writer, [_probe], _rig.Metrics, _rig.Time, Options.Create(new CheckOptions { Concurrency = 4 }), NullLogger<CheckRunner>.Instance);
        await _runner.LookAsync(default);
    }

    /// <summary>Lets so many checks of each server begin and end: five seconds are the interval, with a tenth for jitter.</summary>
    private async Task RoundsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var before = _probe.Counts();
            for (var step = 0; step < 56 && _probe.Counts() is var now && (now.Count < Checked || now.Any(n => n.Value <= before.GetValueOrDefault(n.Key))); step++)
            {
                _rig.Time.Advance(TimeSpan.FromMilliseconds(100));
                await _runner.LookAsync(default);
            }
        }
    }

    private int Checked => _rig.Snapshot.Servers.Count(s => s.Check is not null);

    /// <summary>Answers at once, or never.</summary>
    private sealed class FakeProbe : ICheckProbe
    {
        private readonly Dictionary<string, int> _asked = [];

        public CheckKind Kind => CheckKind.Http;

        public Dictionary<string, string> Bad { get; } = [];

        public HashSet<string> Silent { get; } = [];

        public int Asked => _asked.Values.Sum();

        public int AskedOf(string server) => _asked.GetValueOrDefault(server);

        public Dictionary<string, int> Counts() => new(_asked);

        public async Task<string?> AskAsync(Uri address, CheckDefinition check, CancellationToken cancellation)
        {
            var server = address.Host.Split('.')[0];
            _asked[server] = AskedOf(server) + 1;
            if (Silent.Contains(server))
            {
                var never = new TaskCompletionSource<string?>();
                using var end = cancellation.Register(() => never.SetCanceled(cancellation));
                return await never.Task;
            }
            return Bad.GetValueOrDefault(server);
        }
    }
}
