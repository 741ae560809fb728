using Athena.Cli.Mirror;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Tests.Mirror;

public sealed class StampTests
{
    private static readonly DateTimeOffset Ten = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);
    private static readonly Slot AppAdmin = new(SlotKind.Admin, "", "app01");
    private const long Now = 100;
    private static readonly Held Off = new("off", null);
    private static readonly Held On = new("on", null);

    [Fact]
    public void The_time_of_a_state_is_that_of_the_change_that_set_it()
    {
        var changes = new[] { Change(3, "app02", AdminState.On, AdminState.Off), Change(2, "app01", AdminState.Off, AdminState.Off), Change(1, "app01", AdminState.On, AdminState.Off) };
        Assert.Equal(new Stamp(Ten.AddMinutes(1), "ann", "why"), Stamp.Of(AppAdmin, Off, Now, changes));
    }

    [Fact]
    public void A_copy_is_as_old_as_its_original_however_often_it_is_copied()
    {
        var original = new Stamp(Ten.AddTicks(1234567), "ann", "disk");
        var copy = Change(60, "app01", AdminState.On, AdminState.Off, original.MarkedReason());
        var read = Stamp.Of(AppAdmin, Off, Now, [copy]);
        Assert.Equal(original, read);
        Assert.Equal(original.MarkedReason(), read!.MarkedReason());
        Assert.True(new Stamp(Ten, "", new string('x', 1024)).MarkedReason().Length <= 1024);
    }

    [Fact]
    public void A_state_that_ended_by_itself_is_as_old_as_its_end()
    {
        var change = Change(1, "app01", AdminState.On, AdminState.Off);
        change.After.Causes.Add(new Cause { Kind = CauseKind.Off, UntilTime = Timestamp.FromDateTimeOffset(Ten.AddMinutes(30)) });
        Assert.Equal(Ten.AddMinutes(30), Stamp.Of(AppAdmin, On, Now, [change])!.Time);
    }

    /// <summary>The mirror of the other way: it has yet to hear of the copy that was just written to its source, and must not take the state before it for a later one.</summary>
    [Fact]
    public void What_was_changed_after_it_was_seen_has_no_time()
    {
        var copy = Change(1, "app01", AdminState.On, AdminState.Off);
        copy.Revision = Now;
        Assert.NotNull(Stamp.Of(AppAdmin, Off, Now, [copy]));
        Assert.Null(Stamp.Of(AppAdmin, On, Now - 1, [copy]));
        var other = Change(2, "app02", AdminState.On, AdminState.Off);
        other.Revision = Now + 1;
        Assert.Equal(Stamp.None, Stamp.Of(AppAdmin, On, Now - 1, [other]));
    }

    [Fact]
    public void What_nobody_set_has_no_time_unless_its_cause_has()
    {
        Assert.Equal(Stamp.None, Stamp.Of(AppAdmin, On, Now, []));
        var held = Off with { Cause = new Cause { Actor = "ann", SinceTime = Timestamp.FromDateTimeOffset(Ten) } };
        Assert.Equal(Ten, Stamp.Of(AppAdmin, held, Now, [])!.Time);
    }

    [Fact]
    public void The_later_change_wins_on_both_sides_alike()
    {
        Stamp early = new(Ten, "", ""), late = new(Ten.AddSeconds(1), "", "");
        Assert.True(Stamp.Wins(late, Off, early, On));
        Assert.False(Stamp.Wins(early, Off, late, On));
        Assert.True(Stamp.Wins(early, Off, Stamp.None, On));
        Assert.False(Stamp.Wins(Stamp.None, On, early, Off));
        Assert.True(Stamp.Wins(Stamp.None, Off, Stamp.None, On));
        // Two mirrors that cross at one moment must not swap the states for ever.
        Assert.NotEqual(Stamp.Wins(early, Off, early, On), Stamp.Wins(early, On, early, Off));
    }

    private static OperatorChange Change(int minute, string server, AdminState before, AdminState after, string reason = "why") => new()
    {
        Server = server,
        Actor = "ann",
        Reason = reason,
        ChangeTime = Timestamp.FromDateTimeOffset(Ten.AddMinutes(minute)),
        Before = new OperatorState { Admin = before },
        After = new OperatorState { Admin = after },
    };
}
