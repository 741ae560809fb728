using Athena.Service.State;

namespace Athena.Service.Tests.State;

public sealed class ChangeLogTests
{
    private readonly ChangeLog _log = new();

    [Fact]
    public void A_reader_takes_what_came_since_its_place()
    {
        _log.Append([Change(1)]);
        var place = _log.Head;
        var taken = new List<FleetChange>();
        Assert.Equal(place, _log.Read(place, taken, out var more));
        Assert.False(more.IsCompleted);
        _log.Append([Change(2), Change(2)]);
        Assert.True(more.IsCompleted);
        Assert.Equal(place + 2, _log.Read(place, taken, out _));
        Assert.Equal([2, 2], taken.Select(c => c.Revision));
    }

    [Fact]
    public void A_reader_that_fell_too_far_behind_is_told_so()
    {
        for (var revision = 1; revision <= ChangeLog.Capacity + 1; revision++)
        {
            _log.Append([Change(revision)]);
        }
        Assert.Equal(-1, _log.Read(0, [], out _));
        Assert.Equal(ChangeLog.Capacity + 1, _log.Read(1, [], out _));
    }

    [Fact]
    public void A_revision_is_found_while_all_changes_after_it_are_known()
    {
        _log.StartAt(10);
        _log.Append([Change(11)]);
        _log.Append([Change(12), Change(12)]);
        Assert.False(_log.TryFind(9, out _));
        Assert.True(_log.TryFind(10, out var place));
        Assert.Equal(0, place);
        Assert.True(_log.TryFind(11, out place));
        Assert.Equal(1, place);
        Assert.True(_log.TryFind(12, out place));
        Assert.Equal(3, place);
        for (var revision = 13; revision < 13 + ChangeLog.Capacity; revision++)
        {
            _log.Append([Change(revision)]);
        }
        Assert.False(_log.TryFind(11, out _));
        Assert.True(_log.TryFind(12, out _));
    }

    [Fact]
    public void A_reader_can_stop_at_a_place()
    {
        _log.Append([Change(1), Change(2), Change(3)]);
        Assert.Equal(3, _log.Look(out var more));
        Assert.False(more.IsCompleted);
        var taken = new List<FleetChange>();
        Assert.Equal(2, _log.Read(0, 2, taken));
        Assert.Equal([1, 2], taken.Select(c => c.Revision));
        Assert.Equal(3, _log.Read(3, 2, taken));
        Assert.Equal(2, taken.Count);
    }

    [Fact]
    public void Nothing_appended_wakes_nobody()
    {
        _log.Read(0, [], out var more);
        _log.Append([]);
        Assert.False(more.IsCompleted);
    }

    private static FleetChange Change(long revision) => new(revision, DateTimeOffset.UnixEpoch, "ann", "");
}
