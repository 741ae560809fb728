using System.Globalization;
using System.Text.RegularExpressions;
using Athena.V1;

namespace Athena.Cli.Mirror;

/// <summary>When something was set, by whom and why. A change that a mirror made carries the time of the original in its reason, so that a copy is never younger than what it copies.</summary>
/// <param name="Time">When; null: nobody set it, it is as configured.</param>
/// <param name="Actor">Who.</param>
/// <param name="Reason">Why, without the mirror's mark.</param>
internal sealed partial record Stamp(DateTimeOffset? Time, string Actor, string Reason)
{
    /// <summary>The service takes no longer ones.</summary>
    private const int MostReason = 1024;

    /// <summary>Nobody set it.</summary>
    public static readonly Stamp None = new(null, "", "");

    /// <summary>Finds who set what is held now.</summary>
    /// <param name="slot">What.</param>
    /// <param name="held">As it stands.</param>
    /// <param name="revision">The fleet's revision when it stood so.</param>
    /// <param name="changes">Operators' changes, the latest first.</param>
    /// <returns>Null: it was changed since, and what is held is not what stands now.</returns>
    public static Stamp? Of(Slot slot, Held held, long revision, IEnumerable<OperatorChange> changes)
    {
        foreach (var change in changes.Where(slot.IsAbout))
        {
            var (before, after) = (slot.Of(change.Before), slot.Of(change.After));
            if (Equals(before, after))
            {
                continue;
            }
            if (change.Revision > revision)
            {
                return null;
            }
            if (after is null || after.Equals(held))
            {
                return Marked(change.ChangeTime.ToDateTimeOffset(), change.Actor, change.Reason);
            }
            // It ended by itself: that is when the present state began.
            return new(after.Until ?? Marked(change.ChangeTime.ToDateTimeOffset(), "", change.Reason).Time, "athena", "");
        }
        return held.Cause is { SinceTime: { } since } cause ? Marked(since.ToDateTimeOffset(), cause.Actor, cause.Reason) : None;
    }

    /// <summary>The reason with the mark of its time.</summary>
    public string MarkedReason()
    {
        var mark = string.Create(CultureInfo.InvariantCulture, $"(mirrored, set {(Time ?? DateTimeOffset.UnixEpoch).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'})");
        var room = MostReason - mark.Length - 1;
        return Reason.Length == 0 ? mark : $"{(Reason.Length > room ? Reason[..room] : Reason)} {mark}";
    }

    /// <summary>Whether what the source holds replaces what the target holds: the later change wins; of two of one moment always the same one; what nobody set follows the source.</summary>
    public static bool Wins(Stamp source, Held held, Stamp target, Held present) => (source.Time, target.Time) switch
    {
        (null, null) => true,
        (null, _) => false,
        (_, null) => true,
        var (ours, theirs) when ours != theirs => ours > theirs,
        _ => string.CompareOrdinal(Order(held), Order(present)) > 0,
    };

    private static string Order(Held held) => string.Create(CultureInfo.InvariantCulture, $"{held.Value} {held.Until?.UtcTicks:D20}");

    private static Stamp Marked(DateTimeOffset time, string actor, string reason)
    {
        var match = Mark().Match(reason);
        return match.Success && DateTimeOffset.TryParse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var original)
            ? new(original, actor, match.Groups[1].Value)
            : new(time, actor, reason);
    }

    [GeneratedRegex(@"^(.*?) ?\(mirrored, set (\d{4}-\d\d-\d\dT[0-9:.]+Z)\)\z", RegexOptions.Singleline)]
    private static partial Regex Mark();
}
