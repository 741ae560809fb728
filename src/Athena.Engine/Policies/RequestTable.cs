using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>What picks by requests in flight need of a group's members: where those are counted, close together, for of thousands of members each is far away.</summary>
internal sealed class RequestTable(IReadOnlyList<Member> members) : ICopied
{
    private readonly ServerCounters[] _counters = [.. members.Select(m => m.Counters)];

    public AliasTable? Draws { get; } = WeightedDraw.Prepare(members);

    /// <summary>Leases in flight at the place of the context's members.</summary>
    public long InFlight(in PickContext context, int place) => (context.IsWhole ? _counters[place] : context.Members[place].Counters).InFlight;

    /// <summary>Leases in flight at a place of the group.</summary>
    public long InFlight(int place) => _counters[place].InFlight;

    public object CopyFor(IReadOnlyList<Member> copies) => new RequestTable(copies);
}
