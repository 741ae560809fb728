using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>What a policy picks from and with.</summary>
public readonly ref struct PickContext
{
    private readonly FarmCells? _sequence;
    private readonly FarmCells? _cells;
    private readonly bool _isCounted;

    internal PickContext(ReadOnlySpan<Member> members, bool isWhole, object? prepared, object? options, ulong seed, FarmCells? sequence,
        ulong? key = null, FarmCells? cells = null, bool isCounted = false)
    {
        Members = members;
        IsWhole = isWhole;
        Prepared = prepared;
        Options = options;
        Seed = seed;
        _sequence = sequence;
        Key = key;
        (_cells, _isCounted) = (cells, isCounted);
    }

    /// <summary>The eligible members; at least one.</summary>
    public ReadOnlySpan<Member> Members { get; }

    /// <summary>Whether they are the whole group that <see cref="Prepared"/> was made for; otherwise <see cref="Member.Index"/> leads into it.</summary>
    public bool IsWhole { get; }

    /// <summary>What <see cref="IBalancingPolicy.Prepare"/> made.</summary>
    public object? Prepared { get; }

    /// <summary>What <see cref="IBalancingPolicy.ReadOptions"/> made.</summary>
    public object? Options { get; }

    /// <summary>Decides this pick: with the same members and numbers, the same seed gives the same pick.</summary>
    public ulong Seed { get; }

    /// <summary>The query's key, hashed; null when it has none.</summary>
    public ulong? Key { get; }

    /// <summary>Leases of the farm in flight, without one for this pick.</summary>
    public long InFlight => (_cells?.InFlight ?? 0) - (_isCounted ? 1 : 0);

    /// <summary>The seed that follows, for policies that must skip one. From the farm's counter, or by itself when the pick is repeated from a given seed.</summary>
    public ulong SeedAfter(ulong seed) => _sequence is null ? seed + 1 : _sequence.NextSequence();
}
