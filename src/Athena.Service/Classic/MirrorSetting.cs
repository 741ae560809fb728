using System.Globalization;
using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Classic;

/// <summary>What operators set of a subject, each with its own time.</summary>
internal enum MirrorAspect
{
    /// <summary>on, drain, off; key `s`.</summary>
    State,

    /// <summary>up, down; key `u`.</summary>
    Health,

    /// <summary>Forwards; key `F`.</summary>
    Forward,
}

/// <summary>One setting of one subject: its value, and when, at which revision, by whom, why and until when it was set.</summary>
internal sealed record MirrorSetting(MirrorAspect Aspect, string Value, string Down, DateTimeOffset At, long Revision, string Actor, string Reason, DateTimeOffset? Until)
{
    /// <summary>Value of a forward that is the one of the configuration.</summary>
    public const string AsConfigured = "*";

    /// <summary>Whether it is what holds when nothing was ever set.</summary>
    public bool IsNormal => Value is "on" or "up" or AsConfigured;

    /// <summary>The setting that a subject has now.</summary>
    public static MirrorSetting Of(MirrorAspect aspect, SubjectState state, bool isServer, DateTimeOffset at, long revision, string actor, string reason)
    {
        var note = aspect switch
        {
            MirrorAspect.State => state.Admin.Note,
            MirrorAspect.Health => state.HealthNote,
            _ => state.ServerForward?.Note ?? state.FarmForwards?.Note,
        };
        var (value, down) = aspect switch
        {
            MirrorAspect.State => (ClassicField.Text(state.Admin.State), ""),
            MirrorAspect.Health => (state.Health == HealthState.Up ? "up" : "down", ""),
            _ when isServer => (state.ServerForward is { } one ? one.Target ?? "" : AsConfigured, ""),
            _ => (state.FarmForwards is { } both ? both.Off?.Text ?? "" : AsConfigured, state.FarmForwards?.Down?.Text ?? ""),
        };
        return new(aspect, value, down, note?.Since ?? at, revision, note?.Actor ?? actor, note?.Reason ?? reason, note?.Until);
    }

    /// <summary>Whether taking it in would change nothing. Of what is normal nobody remembers who set it.</summary>
    public bool IsSameAs(MirrorSetting present) => (Value, Down) == (present.Value, present.Down)
        && (IsNormal || (Actor, Reason, Until) == (present.Actor, present.Reason, present.Until));

    /// <summary>Whether it was set later.</summary>
    public bool IsNewerThan(MirrorSetting present) => At > present.At || (At == present.At && Revision > present.Revision);

    /// <summary>The change that makes it so.</summary>
    public StateChange ToChange(MirrorLine line, DateTimeOffset at, string caller)
    {
        var change = new StateChange { Farm = line.Farm, Server = line.Server, Actor = Actor.Length > 0 ? Actor : caller, Reason = Reason, Until = Until, MadeAt = at };
        return Aspect switch
        {
            MirrorAspect.State => change with { Admin = Value switch { "on" => AdminState.On, "drain" => AdminState.Drain, _ => AdminState.Off } },
            MirrorAspect.Health => change with { Health = Value == "up" ? HealthState.Up : HealthState.Down },
            _ => change with { Forward = Forward(line) },
        };
    }

    /// <summary>As arguments of a line.</summary>
    public IEnumerable<ClassicArgument> Print(bool isFarm)
    {
        var key = KeyOf(Aspect);
        yield return new(key, Value);
        if (Aspect == MirrorAspect.Forward && isFarm && Value != AsConfigured)
        {
            yield return new("forward-down", Down);
        }
        yield return new($"{key}.at", At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        yield return new($"{key}.rev", ClassicField.Text(Revision));
        yield return new($"{key}.by", Clean(Actor));
        yield return new($"{key}.why", Clean(Reason));
        if (Until is { } until)
        {
            yield return new($"{key}.until", until.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        }
    }

    public static string KeyOf(MirrorAspect aspect) => aspect switch { MirrorAspect.State => "s", MirrorAspect.Health => "u", _ => "F" };

    /// <summary>On one line.</summary>
    private static string Clean(string text) => ClassicFault.Shown(text, int.MaxValue);

    private ForwardChange Forward(MirrorLine line) =>
        Value == AsConfigured ? new ForwardChange(AsConfigured: true)
        : line.Farm is null ? new ForwardChange(AsConfigured: false, Server: Value.Length > 0 ? Value : null)
        : new ForwardChange(AsConfigured: false, Off: Target(Value), Down: Target(Down));

    private static ForwardTarget? Target(string text) => text.Length == 0 ? null : new ForwardTarget(text);
}
