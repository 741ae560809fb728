using Athena.Engine.Leases;
using Athena.Engine.Policies;

namespace Athena.Engine.Farms;

/// <summary>A server in a farm at one revision.</summary>
public sealed class Member
{
    /// <summary>Those of its server: here too, for the way over the server is long.</summary>
    private readonly LoadWatchers _watchers;

    internal Member(string farm, MemberDefinition definition, Server server, AdminSetting admin, StateNote? ejection, Server? standIn, FarmCells? judges = null)
    {
        Farm = farm;
        Definition = definition;
        Declared = server;
        Admin = admin;
        Ejection = ejection;
        Server = standIn ?? server;
        EffectiveWeight = definition.Weight;
        Counters = Server.Cells.Counters;
        _watchers = Server.Cells.Watchers;
        MaxInFlight = Server.Definition.MaxInFlight;
        NameHash = EntityName.Comparer.GetHashCode(Server.Name);
        Outcomes = judges?.OutcomesOf(Server.Name);
        AsDeclared = standIn is null ? this : new Member(farm, definition, server, admin, ejection, standIn: null, judges);
    }

    /// <summary>Name of the farm.</summary>
    public string Farm { get; }

    /// <summary>As declared.</summary>
    public MemberDefinition Definition { get; }

    /// <summary>The server that is the member.</summary>
    public Server Declared { get; }

    /// <summary>The server that does the work: the declared one, or the one that stands in for it.</summary>
    public Server Server { get; }

    /// <summary>Whether another server stands in.</summary>
    public bool IsStandIn => !ReferenceEquals(Server, Declared);

    /// <summary>This member with nobody standing in: for sessions pinned to a server that drains.</summary>
    internal Member AsDeclared { get; }

    /// <summary>Administrative state in this farm alone.</summary>
    public AdminSetting Admin { get; }

    /// <summary>Since when and until when it is ejected; null: it is not.</summary>
    public StateNote? Ejection { get; }

    /// <summary>Relative capacity.</summary>
    public uint Weight => Definition.Weight;

    /// <summary>The weight that decides: less than <see cref="Weight"/> while a slow start lasts.</summary>
    public double EffectiveWeight { get; internal init; }

    /// <summary>Timestamp since which a slow start lasts; null: none does.</summary>
    internal long? WarmsSince { get; init; }

    /// <summary>Its place in the group that policies pick from; -1 when it is in none.</summary>
    public int Index { get; internal set; } = -1;

    /// <summary>Where its hand-outs are counted; null when its policy does not want to know.</summary>
    internal HandOutShares? Shares { get; set; }

    /// <summary>Where the outcomes of its leases are counted; null where the farm ejects nobody.</summary>
    internal OutcomeCell? Outcomes { get; }

    /// <summary>Where its server's numbers are counted: here too, for a pick then touches the member alone.</summary>
    internal ServerCounters Counters { get; }

    /// <summary>Hash of its server's name, to rule out most servers that a query does not mean.</summary>
    internal int NameHash { get; }

    /// <summary>Whether one more in flight is within its server's limit.</summary>
    internal bool HasRoom => MaxInFlight == 0 || Counters.InFlight < MaxInFlight;

    private int MaxInFlight { get; }

    /// <summary>Counts that a decision chose it, with a lease or without.</summary>
    internal void HandOut(bool isLeased)
    {
        Shares?.HandedOut(Index);
        // Leases have been counted, for all stripes at once.
        var isTold = isLeased || Counters.HandOut();
        if (Counters.IsWatched)
        {
            _watchers.HandedOut(isTold);
        }
    }

    /// <summary>The stricter of the server's and the member's administrative state.</summary>
    public AdminState EffectiveAdmin => (AdminState)Math.Max((int)Declared.State.Admin.State, (int)Admin.State);

    /// <summary>Whether the declared server's states allow it to be picked here; weight and limits aside.</summary>
    public bool IsAvailable => EffectiveAdmin == AdminState.On && IsHealthy;

    /// <summary>Whether the declared server is healthy and not ejected here.</summary>
    public bool IsHealthy => Declared.IsHealthy && Ejection is null;

    /// <summary>Everything that keeps the declared server from being picked in this farm.</summary>
    public IEnumerable<Cause> Causes()
    {
        foreach (var cause in Declared.Causes())
        {
            yield return cause;
        }
        if (Admin.State != AdminState.On)
        {
            yield return new Cause(Admin.State == AdminState.Off ? CauseKind.Off : CauseKind.Drain, Farm, Admin.Note);
        }
        if (Ejection is not null)
        {
            yield return new Cause(CauseKind.Ejected, Farm, Ejection);
        }
        if (Weight == 0)
        {
            yield return new Cause(CauseKind.WeightZero, Farm);
        }
        if (!Declared.HasRoom)
        {
            yield return new Cause(CauseKind.Full);
        }
    }
}
