using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Engine.Simulating;

/// <summary>What happens between two simulated decisions: time passes, work ends, servers report again.</summary>
internal sealed class PacedWorld
{
    private readonly SimulatedPace _pace;
    private readonly Snapshot _snapshot;
    private readonly LeaseTable _leases;
    private readonly PolicyRefresher _refresher;
    private readonly SimulatedTime _clock;
    private readonly Queue<(double Due, ulong Lease)> _held = new();
    private readonly Queue<(double Due, Action Leave)> _before = new();
    private double _reported;
    private double _refreshed;

    public PacedWorld(SimulatedPace pace, Snapshot snapshot, LeaseTable leases, PolicyRefresher refresher, SimulatedTime clock)
    {
        (_pace, _snapshot, _leases, _refresher, _clock) = (pace, snapshot, leases, refresher, clock);
        if (pace.Hold is { } hold)
        {
            // What is in flight at present has begun evenly over the time that it is held.
            var open = snapshot.Servers.Select(s => (s.Cells.InFlight, (Action)s.Cells.EndLease)).Concat(snapshot.Farms.Select(f => (f.Cells.InFlight, (Action)(() => f.Cells.Leave(isLimited: true)))));
            var ends = open.SelectMany(o => Enumerable.Range(1, (int)Math.Min(LeaseTable.MaxOpen, o.InFlight)).Select(k => (Due: hold.TotalSeconds * k / o.InFlight, Leave: o.Item2)));
            _before = new(ends.OrderBy(e => e.Due));
        }
    }

    /// <summary>The time of one decision passes.</summary>
    public void Step()
    {
        _clock.Pass(1 / _pace.DecisionsPerSecond);
        var now = _clock.Passed;
        while (_before.TryPeek(out var end) && end.Due <= now)
        {
            _before.Dequeue().Leave();
        }
        while (_held.TryPeek(out var held) && held.Due <= now)
        {
            // Cancelled says nothing about the server: how long work takes is not simulated.
            _leases.Close(_held.Dequeue().Lease, OutcomeKind.Cancelled, out _);
        }
        if (now - _reported >= _pace.ReportInterval.TotalSeconds)
        {
            _reported = now;
            foreach (var server in _snapshot.Servers)
            {
                var board = server.Cells.Statistics;
                foreach (var report in board.Reported.Select(c => KeyValuePair.Create(c.Key, c.Value.Value)).Chunk(StatisticBoard.MaxInReport))
                {
                    board.Report(report, _clock.GetTimestamp());
                }
            }
        }
        if (now - _refreshed >= PolicyRefresher.Interval.TotalSeconds)
        {
            _refreshed = now;
            _refresher.Refresh();
        }
    }

    /// <summary>A decision was made.</summary>
    public void Decided(in Decision decision)
    {
        if (decision.Lease != 0)
        {
            _held.Enqueue((_clock.Passed + _pace.Hold!.Value.TotalSeconds, decision.Lease));
        }
    }
}
