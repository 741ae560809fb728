using Athena.Engine.Steering;
using Athena.V1;

namespace Athena.Client.Steering;

/// <summary>A wish of the application for the next requests of a session. <see cref="SteeringSigner"/> signs it, the service follows it.</summary>
public sealed record SteeringToken
{
    private SteeringToken(SteeringAction action, string farm, string target) => (Action, Farm, Target) = (action, farm, target);

    /// <summary>Requests to this farm are decided in another one, which must stand in its `SteerTo`; a farm may go to itself, for the priority class alone.</summary>
    public static SteeringToken Go(string farm, string target) => new(SteeringAction.Go, farm, target);

    /// <summary>Requests to this farm get this server, even when it is down, out, ejected or full; never when it is off.</summary>
    public static SteeringToken Stick(string farm, string server) => new(SteeringAction.Stick, farm, server);

    /// <summary>Requests to this farm get this server while it can serve, drained ones too; otherwise a normal decision.</summary>
    public static SteeringToken Safe(string farm, string server) => new(SteeringAction.Safe, farm, server);

    /// <summary>What is asked for.</summary>
    public SteeringAction Action { get; }

    /// <summary>The farm that requests ask for.</summary>
    public string Farm { get; }

    /// <summary>The farm to go to, or the server to stay with.</summary>
    public string Target { get; }

    /// <summary>How long it is good: 1 s to 30 days, in whole seconds; default 1 h. The service accepts a day unless configured otherwise.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Priority class of the requests. Unspecified: as each request says.</summary>
    public PriorityClass Priority { get; init; }
}
