namespace Athena.Engine.Farms;

/// <summary>A server at one revision: its definition and states are fixed, its cells are live.</summary>
public sealed class Server
{
    internal Server(ServerDefinition definition, ServerState state, TimeSpan expectUpdate, ServerCells cells)
    {
        Definition = definition;
        State = state;
        ExpectUpdate = expectUpdate;
        Cells = cells;
        Authority = new Uri(definition.Address).Authority;
    }

    /// <summary>Name.</summary>
    public string Name => Definition.Name;

    /// <summary>Address.</summary>
    public string Address => Definition.Address;

    /// <summary>Host of the address, with the port unless it is the scheme's default.</summary>
    public string Authority { get; }

    /// <summary>As declared.</summary>
    public ServerDefinition Definition { get; }

    /// <summary>The three pairs.</summary>
    public ServerState State { get; }

    /// <summary>Longest time between statistics, defaults applied; zero: freshness is off.</summary>
    public TimeSpan ExpectUpdate { get; }

    /// <summary>Live numbers.</summary>
    public ServerCells Cells { get; }

    /// <summary>Whether its own states allow it to be picked: on, up and in.</summary>
    public bool IsAvailable => State is { Admin.State: AdminState.On, Health: HealthState.Up, Freshness: FreshnessState.In };

    /// <summary>Whether one more in flight is within its limit.</summary>
    public bool HasRoom => Definition.MaxInFlight == 0 || Cells.InFlight < Definition.MaxInFlight;

    /// <summary>Everything of its own that keeps it from being picked.</summary>
    public IEnumerable<Cause> Causes()
    {
        if (State.Admin.State != AdminState.On)
        {
            yield return new Cause(State.Admin.State == AdminState.Off ? CauseKind.Off : CauseKind.Drain, Note: State.Admin.Note);
        }
        if (State.Health == HealthState.Down)
        {
            yield return new Cause(CauseKind.Down, Note: State.HealthNote);
        }
        if (State.Freshness == FreshnessState.Out)
        {
            yield return new Cause(CauseKind.Out, Note: State.FreshnessNote);
        }
    }
}
