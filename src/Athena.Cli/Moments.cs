using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli;

/// <summary>Points in time as people type them: a duration from now, `14:00` (the next one, local time), `2026-11-22T14:00` (local) or with an offset or `Z`.</summary>
internal static class Moments
{
    private static readonly string[] LocalForms = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss"];
    private static readonly string[] OffsetForms = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <returns>False when the text is none of these.</returns>
    public static bool TryParse(string text, TimeProvider time, out DateTimeOffset value)
    {
        var now = time.GetUtcNow();
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
        {
            var local = time.GetLocalNow();
            value = At(local.Date + clock.ToTimeSpan(), time);
            value = value > now ? value : At(local.Date.AddDays(1) + clock.ToTimeSpan(), time);
            return true;
        }
        if (Durations.TryParse(text, out var duration) && duration < DateTimeOffset.MaxValue - now)
        {
            value = now + duration;
            return true;
        }
        if (DateTime.TryParseExact(text, LocalForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            value = At(date, time);
            return true;
        }
        return DateTimeOffset.TryParseExact(text, OffsetForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out value);
    }

    /// <summary>Local time: without the date when it is today.</summary>
    public static string Text(Timestamp at, TimeProvider time)
    {
        var local = TimeZoneInfo.ConvertTime(at.ToDateTimeOffset(), time.LocalTimeZone);
        return local.ToString(local.Date == time.GetLocalNow().Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    private static DateTimeOffset At(DateTime local, TimeProvider time) => new(local, time.LocalTimeZone.GetUtcOffset(local));
}
