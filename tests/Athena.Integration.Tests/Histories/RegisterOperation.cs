namespace Athena.Integration.Tests.Histories;

/// <summary>What a client did to a register that starts without a value, and was answered.</summary>
/// <param name="Replica">The service that was asked.</param>
/// <param name="Kind">What was asked.</param>
/// <param name="Value">What was written or read.</param>
/// <param name="Start">When it was called.</param>
/// <param name="End">When it was answered; <see cref="Never"/>: it was not, and may have been done at any time since, or not at all.</param>
/// <param name="Expected">Of a swap and of a refusal: the value that the register was to have.</param>
internal sealed record RegisterOperation(int Replica, RegisterOperationKind Kind, string? Value, long Start, long End, string? Expected = null)
{
    public const long Never = long.MaxValue;

    /// <summary>Whether it must see, or be seen by, whatever was answered before, wherever that was. Reads of a replica promise less: what that replica answered before, and never again less than that.</summary>
    public bool IsOfAll => Kind != RegisterOperationKind.Read;

    /// <summary>Whether every order must have this before another one.</summary>
    public bool IsBefore(RegisterOperation other) => End < other.Start && (other.IsOfAll || Replica == other.Replica);

    public override string ToString()
    {
        var what = Kind switch
        {
            RegisterOperationKind.Write => $"write {Value}",
            RegisterOperationKind.Swap => $"swap {Expected ?? "nothing"} for {Value}",
            RegisterOperationKind.Refusal => $"refused swap of {Expected ?? "nothing"}",
            RegisterOperationKind.ReadOfAll => $"read {Value ?? "nothing"}",
            _ => $"read {Value ?? "nothing"} of the replica",
        };
        return $"[{Start}-{(End == Never ? "" : End)} at {Replica}: {what}]";
    }
}

internal enum RegisterOperationKind
{
    Write,

    /// <summary>A write that is done when the register has the expected value, else refused.</summary>
    Swap,

    /// <summary>A swap that was answered so: the register had another value.</summary>
    Refusal,

    /// <summary>A read of what is newest anywhere.</summary>
    ReadOfAll,

    /// <summary>A read of what the replica knows.</summary>
    Read,
}
