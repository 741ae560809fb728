using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>Farms and servers that are made, changed and removed at run time.</summary>
internal sealed partial class FleetWriter
{
    /// <summary>Makes, changes or removes a farm or a server.</summary>
    /// <exception cref="StoreUnavailableException">Not stored, not made.</exception>
    public Task<WriteResult> EditAsync(DefinitionChange change, long? expectedRevision, bool validateOnly, CancellationToken cancellation) =>
        InTurnAsync(async () =>
        {
            var before = holder.Current;
            if (change.RequestId.Length > 0 && _requests.Find(change.RequestId) is { } repeated)
            {
                return repeated.Fingerprint == change.Fingerprint
                    ? new WriteResult(WriteStatus.Done, before) { Repeated = repeated }
                    : new WriteResult(WriteStatus.RequestReused, before);
            }
            if (expectedRevision is { } expected && !IsPresent(expected, before))
            {
                return new WriteResult(WriteStatus.RevisionMismatch, before);
            }
            var (isFarm, name) = (change.IsFarm, change.Name);
            var (isThere, configured) = (IsIn(_fleet, isFarm, name), IsIn(_configured, isFarm, name));
            var now = _runTime.Find(isFarm, name);
            switch (change.Kind)
            {
                case EditKind.Create when isThere || now is not null:
                    return new WriteResult(WriteStatus.Exists, before);
                case EditKind.Update or EditKind.AsConfigured when !isThere:
                case EditKind.Delete when !isThere && now is null:
                    return new WriteResult(isFarm ? WriteStatus.FarmNotFound : WriteStatus.ServerNotFound, before);
                case EditKind.Delete when configured && now is not { IsCreated: true }:
                    return new WriteResult(WriteStatus.Configured, before);
                case EditKind.AsConfigured when !configured:
                    return new WriteResult(WriteStatus.NotConfigured, before);
            }
            var next = change.Kind is EditKind.Create or EditKind.Update ? Entity(change, configured) : null;
            return await CommitEditAsync(change.Subject, isFarm, name, next, validateOnly, undoes: 0, change);
        }, expectedRevision, cancellation);

    private async Task<WriteResult> UndoEditAsync(OperatorChange made, DefinitionEdit edit, StateChange change, long? expectedRevision, bool validateOnly)
    {
        var before = holder.Current;
        if (expectedRevision is { } expected && !IsPresent(expected, before))
        {
            return new WriteResult(WriteStatus.RevisionMismatch, before);
        }
        var (isFarm, name) = (change.Farm is not null, change.Farm ?? change.Server!);
        return _runTime.Find(isFarm, name) != edit.After
            ? new WriteResult(WriteStatus.Superseded, before) { Operator = made }
            : await CommitEditAsync(change, isFarm, name, edit.Before, validateOnly, made.Id);
    }

    private RunTimeEntity? Entity(DefinitionChange change, bool configured)
    {
        if (change.IsFarm)
        {
            var farm = change.Farm!(_fleet.Farms.FirstOrDefault(f => EntityName.Comparer.Equals(f.Name, change.Name)));
            return configured ? RunTimeEntity.Changed(_configured.Farms.First(f => EntityName.Comparer.Equals(f.Name, change.Name)), farm) : RunTimeEntity.Created(farm);
        }
        var server = change.Server!(_fleet.Servers.FirstOrDefault(s => EntityName.Comparer.Equals(s.Name, change.Name)));
        return configured ? RunTimeEntity.Changed(_configured.Servers.First(s => EntityName.Comparer.Equals(s.Name, change.Name)), server) : RunTimeEntity.Created(server);
    }

    /// <summary>Checks the fleet that would be, then stores, publishes and lists it.</summary>
    private async Task<WriteResult> CommitEditAsync(StateChange change, bool isFarm, string name, RunTimeEntity? next, bool validateOnly, long undoes, DefinitionChange? request = null)
    {
        var before = holder.Current;
        var now = _runTime.Find(isFarm, name);
        var inForce = _inForce.With(isFarm, name, next);
        var fleet = inForce.Over(_configured);
        var goes = !IsIn(fleet, isFarm, name);
        if (goes && Users(isFarm, name) is [_, ..] users)
        {
            return new WriteResult(WriteStatus.InUse, before, users);
        }
        var states = goes ? _states.Without(isFarm, name) : _states;
        if (validator.Validate(states.InForce(fleet)) is [_, ..] faults)
        {
            return new WriteResult(WriteStatus.Invalid, before, faults);
        }
        var made = new OperatorChange(0, before.Revision + 1, time.GetUtcNow(), change, FleetStates.Normal.Of(change.Farm, change.Server), FleetStates.Normal.Of(change.Farm, change.Server), undoes)
        {
            Edit = new DefinitionEdit(now, next),
        };
        if (validateOnly)
        {
            // A removal is not compiled for a look: the compiler would forget the counts of what goes.
            return new WriteResult(WriteStatus.Done, goes ? before : compiler.Compile(before.Revision + 1, fleet, states, before)) { Operator = made };
        }
        var remembered = request is { RequestId.Length: > 0 } ? new MadeRequest(request.RequestId, request.Fingerprint, name, before.Revision + 1) : null;
        if (now == next && remembered is null)
        {
            return new WriteResult(WriteStatus.Done, before) { Operator = made };
        }
        made = made with { Id = operators.NextId };
        (var revision, made) = await SaveAsync(made.Revision, [StoredFleet.Entity(isFarm, name, next), .. StoredFleet.Subjects(_states, states)], made, remembered);
        (_runTime, _inForce, _fleet) = (_runTime.With(isFarm, name, next), inForce, fleet);
        Reconsider();
        PublishAll(before, states, change.Reason, revision, change.Actor);
        return new WriteResult(WriteStatus.Done, holder.Current) { Operator = made };
    }

    /// <summary>What was set aside may fit by now.</summary>
    private void Reconsider()
    {
        if (_setAside.Count > 0)
        {
            var (inForce, aside) = _runTime.Allowed(_configured, validator);
            (_inForce, _fleet) = (inForce, inForce.Over(_configured));
            SayAside(aside);
        }
    }

    /// <summary>Who refers to a farm or a server.</summary>
    private FleetFault[] Users(bool isFarm, string name)
    {
        var fleet = _states.InForce(_fleet);
        bool Is(string? other) => EntityName.Comparer.Equals(name, other);
        return isFarm
            ?
            [
                .. fleet.Farms.Where(f => !Is(f.Name) && (Is(f.ForwardOff?.Text) || Is(f.ForwardDown?.Text))).Select(f => new FleetFault($"farms/{f.Name}", $"farm '{f.Name}' forwards to it")),
                .. fleet.Farms.Where(f => !Is(f.Name) && f.SteerTo.Any(Is)).Select(f => new FleetFault($"farms/{f.Name}", $"farm '{f.Name}' may be steered to it")),
            ]
            :
            [
                .. fleet.Farms.Where(f => f.Members.Any(m => Is(m.Server))).Select(f => new FleetFault($"farms/{f.Name}", $"farm '{f.Name}' has it as a member")),
                .. fleet.Servers.Where(s => !Is(s.Name) && Is(s.Forward)).Select(s => new FleetFault($"servers/{s.Name}", $"server '{s.Name}' forwards to it")),
            ];
    }

    private static bool IsIn(FleetDefinition fleet, bool isFarm, string name) =>
        isFarm ? fleet.Farms.Any(f => EntityName.Comparer.Equals(f.Name, name)) : fleet.Servers.Any(s => EntityName.Comparer.Equals(s.Name, name));
}
