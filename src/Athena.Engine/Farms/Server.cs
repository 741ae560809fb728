namespace Athena.Engine.Farms;

/// <summary>A server at one revision: its definition and states are fixed, its cells are live.</summary>
public sealed class Server
{
    internal Server(ServerDefinition configured, ServerDefinition definition, ServerState state, ServerDefaults defaults, ServerCells cells)
    {
        Configured = configured;
        Definition = definition;
        State = state;
        Defaults = defaults;
        Cells = cells;
        Authority = new Uri(definition.Address).Authority;
    }

    /// <summary>Name.</summary>
    public string Name => Definition.Name;

    /// <summary>Address.</summary>
    public string Address => Definition.Address;

    /// <summary>Host of the address, with the port unless it is the scheme's default.</summary>
    public string Authority { get; }

    /// <summary>As declared, with the forward that was set at run time.</summary>
    public ServerDefinition Definition { get; }

    /// <summary>As declared, and no more.</summary>
    internal ServerDefinition Configured { get; }

    /// <summary>Its independent pairs.</summary>
    public ServerState State { get; }

    /// <summary>Longest time between statistics, defaults applied; zero: freshness is off.</summary>
    public TimeSpan ExpectUpdate => Defaults.ExpectUpdate;

    /// <summary>
    /// Timestamp since which statistics have been expected without a break: since the service started, the server was made, freshness was switched on, or it came back from off. Null: none are expected.
    /// </summary>
    public long? ExpectedSince { get; internal init; }

    /// <summary>Active check, defaults applied; null: none.</summary>
    public CheckDefinition? Check => Defaults.Check;

    /// <summary>Live numbers.</summary>
    public ServerCells Cells { get; }

    /// <summary>Whether its own states allow it to be picked: on and healthy.</summary>
    public bool IsAvailable => State.Admin.State == AdminState.On && IsHealthy;

    /// <summary>Whether it is up, with a good check, and in.</summary>
    public bool IsHealthy => State is { Health: HealthState.Up, Check: CheckState.Good, Freshness: FreshnessState.In };

    internal ServerDefaults Defaults { get; }

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
        if (State.Check == CheckState.Failed)
        {
            yield return new Cause(CauseKind.CheckFailed, Note: State.CheckNote);
        }
        if (State.Freshness == FreshnessState.Out)
        {
            yield return new Cause(CauseKind.Out, Note: State.FreshnessNote);
        }
    }
}
