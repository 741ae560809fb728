using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>Forwards that are set at run time, and the configuration under them.</summary>
internal sealed partial class FleetWriter
{
    private readonly List<(string Subject, string Fault)> _ended = [];

    /// <summary>What is wrong with the forwards that would be in force; null: nothing, or they do not change.</summary>
    private FleetFault? ForwardFault(FleetStates states, StateChange change)
    {
        if (ReferenceEquals(states.ServerForwards, _states.ServerForwards) && ReferenceEquals(states.FarmForwards, _states.FarmForwards))
        {
            return null;
        }
        var faults = validator.Validate(states.InForce(_fleet));
        var subject = change.Farm is null ? $"Servers:{change.Server}:" : $"Farms:{change.Farm}:";
        return faults.FirstOrDefault(f => f.Path.StartsWith(subject, StringComparison.OrdinalIgnoreCase)) ?? (faults.Count > 0 ? faults[0] : null);
    }

    /// <summary>The states without those forwards set at run time that this definition does not allow: their target is gone, or they make a loop.</summary>
    private FleetStates Allowed(FleetDefinition fleet, FleetStates states)
    {
        if (validator.Validate(states.InForce(fleet)).Count == 0)
        {
            return states;
        }
        var allowed = states with { ServerForwards = states.ServerForwards.Clear(), FarmForwards = states.FarmForwards.Clear() };
        FleetStates Add(FleetStates more, string subject)
        {
            if (validator.Validate(more.InForce(fleet)) is not [var fault, ..])
            {
                return more;
            }
            _ended.Add((subject, fault.Message));
            return allowed;
        }
        foreach (var (server, forward) in states.ServerForwards)
        {
            allowed = Add(allowed.WithForward(server, forward), server);
        }
        foreach (var (farm, forwards) in states.FarmForwards)
        {
            allowed = Add(allowed.WithForwards(farm, forwards), farm);
        }
        return allowed;
    }

    /// <summary>Said when it is in force.</summary>
    private void SayEnded()
    {
        foreach (var (subject, fault) in _ended)
        {
            LogForwardEnds(subject, fault);
        }
        _ended.Clear();
    }

    [LoggerMessage(1004, LogLevel.Warning, "The forward of {Subject} that was set at run time ends, for the configuration no longer allows it: {Fault}")]
    private partial void LogForwardEnds(string subject, string fault);
}
