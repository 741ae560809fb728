using Athena.Engine.Policies;

namespace Athena.Engine.Farms;

/// <summary>A server in a farm at one revision.</summary>
public sealed class Member
{
    internal Member(string farm, MemberDefinition definition, Server server, AdminSetting admin, Server? standIn)
    {
        Farm = farm;
        Definition = definition;
        Declared = server;
        Admin = admin;
        Server = standIn ?? server;
        AsDeclared = standIn is null ? this : new Member(farm, definition, server, admin, standIn: null);
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

    /// <summary>Relative capacity.</summary>
    public uint Weight => Definition.Weight;

    /// <summary>Its place in the group that policies pick from; -1 when it is in none.</summary>
    public int Index { get; internal set; } = -1;

    /// <summary>Where its hand-outs are counted; null when its policy does not want to know.</summary>
    internal HandOutShares? Shares { get; set; }

    /// <summary>The stricter of the server's and the member's administrative state.</summary>
    public AdminState EffectiveAdmin => (AdminState)Math.Max((int)Declared.State.Admin.State, (int)Admin.State);

    /// <summary>Whether the declared server may be picked here: states and weight, limits aside.</summary>
    public bool IsAvailable => Declared.IsAvailable && Admin.State == AdminState.On;

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
