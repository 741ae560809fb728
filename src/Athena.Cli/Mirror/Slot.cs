using Athena.V1;

namespace Athena.Cli.Mirror;

internal enum SlotKind
{
    Admin,
    Health,
    Forward,
}

/// <summary>One thing that operators can set: of a server, of a member, or of a farm.</summary>
internal readonly record struct Slot(SlotKind Kind, string Farm, string Server)
{
    // Names compare without case; the two services may write them differently.
    public bool Equals(Slot other) => Kind == other.Kind && Farm.Equals(other.Farm, StringComparison.OrdinalIgnoreCase) && Server.Equals(other.Server, StringComparison.OrdinalIgnoreCase);

    public override int GetHashCode() => HashCode.Combine(Kind, Farm.GetHashCode(StringComparison.OrdinalIgnoreCase), Server.GetHashCode(StringComparison.OrdinalIgnoreCase));

    public string Subject => Farm.Length == 0 ? Server : Server.Length == 0 ? $"farm/{Farm}" : $"{Server} in {Farm}";

    /// <summary>Whether an operator's change is about this subject.</summary>
    public bool IsAbout(OperatorChange change) => Equals(this with { Farm = change.Farm, Server = change.Server });

    /// <summary>What an operator's change says of this; null when it leaves it as configured.</summary>
    public Held? Of(OperatorState? state) => Kind switch
    {
        _ when state is null => null,
        SlotKind.Admin => Held.Admin(state.Admin, state.Causes),
        SlotKind.Health => Held.Health(state.Health, state.Causes),
        _ when Server.Length == 0 => state.Forwards is null ? null : new Held(Held.Text(state.Forwards), null),
        _ => state.HasForward ? new Held(state.Forward, null) : null,
    };
}

/// <summary>What is set, and until when.</summary>
internal sealed record Held(string Value, DateTimeOffset? Until)
{
    /// <summary>Who set it and why, where it is not normal.</summary>
    public Cause? Cause { get; init; }

    public bool Equals(Held? other) => other is not null && Value == other.Value && Until == other.Until;

    public override int GetHashCode() => HashCode.Combine(Value, Until);

    public static Held Admin(AdminState state, IEnumerable<Cause> causes) =>
        Of(state is AdminState.Unspecified ? "on" : Output.Words.Of(state), causes.FirstOrDefault(c => c.Kind is CauseKind.Off or CauseKind.Drain), state is AdminState.Off or AdminState.Drain);

    public static Held Health(HealthState state, IEnumerable<Cause> causes) =>
        Of(state is HealthState.Down ? "down" : "up", causes.FirstOrDefault(c => c.Kind == CauseKind.Down), state is HealthState.Down);

    /// <summary>A farm's two forwards in one; neither has a blank.</summary>
    public static string Text(Forwards? forwards) => $"{forwards?.Off} {forwards?.Down}";

    private static Held Of(string value, Cause? cause, bool isSpecial) => isSpecial ? new(value, cause?.UntilTime?.ToDateTimeOffset()) { Cause = cause } : new(value, null);
}
