using Athena.Engine.Explaining;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Where the seeds of a policy's picks come from.</summary>
public enum SeedSource
{
    /// <summary>Independent random numbers.</summary>
    Random,

    /// <summary>The farm's counter: 0, 1, 2, ...</summary>
    Sequence,
}

/// <summary>How a farm picks among its eligible members.</summary>
/// <remarks>
/// Stateless, shared by all farms, a function of its context: it filters nothing, locks nothing, allocates nothing and draws nothing of its
/// own. What can be worked out per change is worked out by <see cref="Prepare"/>.
/// </remarks>
public interface IBalancingPolicy
{
    /// <summary>Name in configuration, snake_case.</summary>
    string Name { get; }

    /// <summary>Where its seeds come from.</summary>
    SeedSource Seeds => SeedSource.Random;

    /// <summary>Whether another seed may give another pick by weight alone, so that an ineligible pick is drawn again before members are filtered.</summary>
    bool IsSampling => false;

    /// <summary>Reads a farm's parameters; faults go to the reader.</summary>
    /// <returns>The policy's own options, handed to <see cref="Prepare"/> and <see cref="Pick"/>; null when it has none.</returns>
    object? ReadOptions(PolicyParameters parameters) => null;

    /// <summary>Works out, once per change, what picks from these members need.</summary>
    object? Prepare(PolicySetup setup) => null;

    /// <summary>Picks one of the context's members, of which there is at least one.</summary>
    /// <returns>Its place in <see cref="PickContext.Members"/>.</returns>
    int Pick(in PickContext context);

    /// <summary>Tells how <see cref="Pick"/> comes to its choice: each member's score and terms, and the draws. Called after it, on the same numbers, which are a copy that nobody changes.</summary>
    void Explain(in PickContext context, PickTrace trace)
    {
    }
}

/// <summary>The members of a group, fixed until the next change, and the farm's options.</summary>
public readonly record struct PolicySetup(IReadOnlyList<Member> Members, object? Options)
{
    /// <summary>The farm's live numbers; null outside of a farm.</summary>
    internal FarmCells? Cells { get; init; }

    /// <summary>When this is.</summary>
    internal RefreshTime Time { get; init; }
}

/// <summary>What a policy prepared and must bring up to date as time goes by. Called by one thread at a time, while others pick.</summary>
internal interface IRefreshed
{
    void Refresh(in RefreshTime time);
}

/// <summary>What a policy prepared and must be told of by the cells, from the publication of its snapshot to that of a later one.</summary>
internal interface IWatching
{
    void Watch();

    void Unwatch();
}

/// <summary>What a policy prepared and must be told of the members that decisions chose.</summary>
internal interface ICountsHandOuts
{
    /// <summary>Who is told; null when nobody.</summary>
    HandOutShares? Shares { get; }
}

/// <summary>What a policy prepared, keeps current and can hold still: for explanations.</summary>
internal interface ICopied
{
    /// <summary>The same, of this moment, for copies of the same members in the same order, from now on apart.</summary>
    object CopyFor(IReadOnlyList<Member> members);
}

/// <summary>Now, by a <see cref="TimeProvider"/>.</summary>
internal readonly record struct RefreshTime(long Timestamp, long Frequency)
{
    /// <summary>Seconds of the monotonic clock; NaN when nobody said what time it is.</summary>
    public double Seconds => Timestamp / (double)Frequency;

    public double SecondsSince(long timestamp) => (Timestamp - timestamp) / (double)Frequency;
}
