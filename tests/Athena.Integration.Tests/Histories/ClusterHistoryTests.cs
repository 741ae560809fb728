using Athena.V1;

namespace Athena.Integration.Tests.Histories;

/// <summary>The judge of a cluster finds what is wrong with histories that were made wrong by hand.</summary>
public sealed class ClusterHistoryTests
{
    private readonly ClusterHistory _history = new();
    private readonly Dictionary<string, long> _listed = [];

    [Fact]
    public void A_good_history_has_no_faults()
    {
        Made(0, "a", "1", 10);
        Made(1, "b", "2", 11, expected: 10);
        Made(0, "a", "3", 12);
        Read(2, 11, ("a", "1"), ("b", "2"));
        Read(2, 12, ("a", "3"), ("b", "2"), (HistoryRead.Last, "3"));
        Assert.Empty(_history.Faults(_listed));
        Assert.Empty(_history.WatchFaults([Told("a", "1", 10), Told("b", "2", 11), Told("a", "3", 12, was: "1")], _listed));
        Assert.Empty(_history.WatchFaults([Told("b", "2", 11), Told("a", "3", 12, merged: 1)], _listed));
    }

    [Fact]
    public void A_read_of_many_that_is_no_one_moment_is_found()
    {
        Made(0, "a", "1", 10);
        Made(0, "b", "2", 11);
        // Each by itself may be old; both together were never so.
        Read(1, 11, ("a", null), ("b", "2"));
        Assert.Single(_history.Faults(_listed));
    }

    [Fact]
    public void A_revision_that_goes_back_is_found()
    {
        Made(0, "a", "1", 10);
        Made(0, "b", "2", 11);
        Read(1, 11, ("b", "2"));
        Read(1, 10, ("a", "1"));
        Assert.Contains("replica 1 answered 11 and then 10", Assert.Single(_history.Faults(_listed)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_expected_revision_that_was_not_the_last_is_found_twice()
    {
        Made(0, "a", "1", 10);
        Made(0, "b", "2", 11);
        Made(1, "a", "3", 12, expected: 10);
        Assert.Equal(2, _history.Faults(_listed).Count);
    }

    [Fact]
    public void A_refused_change_that_is_read_or_listed_is_found()
    {
        Made(0, "a", "1", 10);
        Add(new HistoryWrite(0, "a", "2", _history.Tick(), _history.Tick(), null, HistoryOutcome.Refused, 0));
        Read(0, 11, ("a", "2"));
        _listed["2"] = At(11);
        Assert.Equal(3, _history.Faults(_listed).Count);
    }

    [Fact]
    public void An_answered_change_that_is_not_listed_is_found()
    {
        Made(0, "a", "1", 10);
        _listed.Clear();
        Assert.Contains("is not listed", Assert.Single(_history.Faults(_listed)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_without_an_answer_may_have_been_made_or_not()
    {
        Made(0, "a", "1", 10);
        Add(new HistoryWrite(0, "a", "2", _history.Tick(), _history.Tick(), At(10), HistoryOutcome.Unknown, 0));
        Add(new HistoryWrite(0, "a", "3", _history.Tick(), _history.Tick(), At(10), HistoryOutcome.Unknown, 0));
        Add(new HistoryWrite(1, "b", "4", _history.Tick(), _history.Tick(), At(10), HistoryOutcome.Mismatch, 0));
        _listed["3"] = At(12);
        Read(1, 12, ("a", "3"), ("b", null));
        Assert.Empty(_history.Faults(_listed));
        Assert.Empty(_history.WatchFaults([Told("a", "1", 10), Told("a", "3", 12, was: "1")], _listed));
    }

    [Fact]
    public void A_watch_with_a_gap_a_repeat_or_another_order_is_found()
    {
        Made(0, "a", "1", 10);
        Made(0, "b", "2", 11);
        Made(0, "a", "3", 12);
        HealthChange[] all = [Told("a", "1", 10), Told("b", "2", 11), Told("a", "3", 12, was: "1")];
        Assert.Empty(_history.WatchFaults(all, _listed));
        Assert.NotEmpty(_history.WatchFaults([all[0], all[2]], _listed));
        Assert.NotEmpty(_history.WatchFaults([all[0], all[1], all[1], all[2]], _listed));
        Assert.NotEmpty(_history.WatchFaults([all[1], all[0], all[2]], _listed));
        Assert.NotEmpty(_history.WatchFaults([all[1], all[2]], _listed));
        Assert.NotEmpty(_history.WatchFaults([all[0], all[1], Told("a", "3", 12, was: "else")], _listed));
        Assert.NotEmpty(_history.WatchFaults([all[0], all[1], Told("a", "else", 12, was: "1")], _listed));
    }

    private static long At(long revision) => revision << 20;

    private void Add(HistoryWrite write) => _history.Add(write);

    private void Made(int replica, string server, string reason, long revision, long? expected = null)
    {
        Add(new HistoryWrite(replica, server, reason, _history.Tick(), _history.Tick(), expected is { } at ? At(at) : null, HistoryOutcome.Made, At(revision)));
        _listed[reason] = At(revision);
    }

    private void Read(int replica, long revision, params (string Server, string? Reason)[] values) =>
        _history.Add(new HistoryRead(replica, _history.Tick(), _history.Tick(), At(revision), values.ToDictionary(v => v.Server, v => v.Reason)));

    private static HealthChange Told(string server, string reason, long revision, string? was = null, uint merged = 0)
    {
        static ServerStatus Status(string? reason) => reason is null ? new() : new() { Admin = AdminState.Off, Causes = { new Cause { Reason = reason } } };
        return new() { Revision = At(revision), Reason = reason, Merged = merged, Server = new() { Server = server, OldStatus = Status(was), NewStatus = Status(reason) } };
    }
}
