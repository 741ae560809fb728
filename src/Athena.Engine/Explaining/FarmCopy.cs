using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Explaining;

/// <summary>A farm whose numbers stand still: members, cells and all that the policy goes by, copied at one moment. O(members).</summary>
internal sealed class FarmCopy
{
    private readonly Farm _live;

    public FarmCopy(Farm live)
    {
        _live = live;
        var servers = new Dictionary<string, Server>(EntityName.Comparer);
        var counters = new CounterBlocks();
        Server CopyOf(Server server) => servers.TryGetValue(server.Name, out var known) ? known
            : servers[server.Name] = new Server(server.Configured, server.Definition, server.State, server.Defaults, server.Cells.Copy(counters.Next())) { ExpectedSince = server.ExpectedSince };
        var members = Array.ConvertAll(live.AllMembers, m => Copy(m, CopyOf));
        var groups = Array.ConvertAll(live.Groups, g => Copy(live, g, members));
        Farm = new Farm(live.Configured, live.Definition, live.Engine, live.Admin, members, new PickPlan(groups, live.IsPanicking, live.AvailableCount),
            live.Policy, live.PolicyOptions, live.Cells.Copy())
        {
            Places = live.Places,
        };
    }

    /// <summary>The copy.</summary>
    public Farm Farm { get; }

    /// <summary>The live member of a copied one.</summary>
    public Member LiveOf(Member copy)
    {
        for (var i = 0; i < Farm.AllMembers.Length; i++)
        {
            if (ReferenceEquals(Farm.AllMembers[i], copy))
            {
                return _live.AllMembers[i];
            }
            if (ReferenceEquals(Farm.AllMembers[i].AsDeclared, copy))
            {
                return _live.AllMembers[i].AsDeclared;
            }
        }
        throw new ArgumentException("not a member of this copy", nameof(copy));
    }

    private static Member Copy(Member live, Func<Server, Server> copyOf)
    {
        return new Member(live.Farm, live.Definition, copyOf(live.Declared), live.Admin, live.Ejection, live.IsStandIn ? copyOf(live.Server) : null)
        {
            EffectiveWeight = live.EffectiveWeight,
            WarmsSince = live.WarmsSince,
            Index = live.Index,
        };
    }

    private static PickGroup Copy(Farm farm, PickGroup live, Member[] copies)
    {
        var members = Array.ConvertAll(live.Array, m => copies[Array.IndexOf(farm.AllMembers, m)]);
        var prepared = live.Prepared switch
        {
            ICopied copied => copied.CopyFor(members),
            // What changes with time and cannot be copied is made anew; the rest stays as it is for ever.
            IRefreshed or IWatching => farm.Policy.Prepare(new PolicySetup(members, farm.PolicyOptions) { Cells = farm.Cells.Copy() }),
            var fixedForEver => fixedForEver,
        };
        return new PickGroup(members, prepared, live.CumulativeShare);
    }
}
