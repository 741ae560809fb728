using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Output;

/// <summary>States, causes and reasons as words.</summary>
internal static class Words
{
    public static string Of(AdminState state) => state switch
    {
        AdminState.On => "on",
        AdminState.Drain => "drain",
        AdminState.Off => "off",
        _ => "",
    };

    public static string Of(HealthState state) => state switch
    {
        HealthState.Up => "up",
        HealthState.Down => "down",
        _ => "",
    };

    public static string Of(FreshnessState state) => state switch
    {
        FreshnessState.In => "in",
        FreshnessState.Out => "out",
        _ => "",
    };

    public static string Of(CauseKind kind) => kind switch
    {
        CauseKind.CheckFailed => "check failed",
        CauseKind.WeightZero => "weight zero",
#pragma warning disable CA1308 // Words for people, not keys.
        _ => kind.ToString().ToLowerInvariant(),
#pragma warning restore CA1308
    };

    public static string Of(ForwardReason reason) => reason switch
    {
        ForwardReason.FarmOff => "farm off",
        ForwardReason.NoAvailableMember => "no available member",
        ForwardReason.FarmOverCapacity => "farm over capacity",
        ForwardReason.ServerUnavailable => "server unavailable",
        ForwardReason.EngineOff => "engine off",
        _ => "",
    };

    /// <summary>`off by ann: disk, until 14:00:00`.</summary>
    public static string Of(Cause cause, TimeProvider time, bool withFarm = true)
    {
        var text = Of(cause.Kind);
        text += withFarm && cause.Farm.Length > 0 ? $" in {cause.Farm}" : "";
        text += cause.Actor is { Length: > 0 } and not "athena" ? $" by {cause.Actor}" : "";
        text += cause.Reason.Length > 0 ? $": {cause.Reason}" : "";
        text += cause.UntilTime is { } until ? $", until {Moments.Text(until, time)}" : "";
        return text;
    }

    public static string Of(IEnumerable<Cause> causes, TimeProvider time, bool withFarm = true) => string.Join("; ", causes.Select(c => Of(c, time, withFarm)));

    /// <summary>`on up in`.</summary>
    public static string Of(ServerStatus? status) =>
        status is null ? "gone" : string.Join(' ', new[] { Of(status.Admin), Of(status.Health), Of(status.Freshness) }.Where(w => w.Length > 0));

    /// <summary>`on, 2 of 3 available`.</summary>
    public static string Of(FarmStatus? status) =>
        status is null ? "gone" : $"{Of(status.Admin)}, {status.AvailableMembers} of {status.Members} available{(status.Panicking ? ", panicking" : "")}";

    /// <summary>Green: may be picked; yellow: an operator's wish; red: trouble.</summary>
    public static Tone ToneOf(bool available, IEnumerable<Cause> causes) =>
        available ? Tone.Good : causes.Any(c => IsTrouble(c.Kind)) ? Tone.Bad : Tone.Warning;

    /// <summary>Whether a cause raises an alarm: what operators wished, limits and weights do not.</summary>
    public static bool IsTrouble(CauseKind kind) => kind is CauseKind.Down or CauseKind.CheckFailed or CauseKind.Out or CauseKind.Ejected;

    public static string Of(Duration? duration) => duration is null ? "" : Durations.Text(duration.ToTimeSpan());
}
