using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>What is kept: loaded at the start, written before every change, loaded again when the store holds what this process did not write.</summary>
internal sealed partial class FleetWriter
{
    private const int Attempts = 20;

    private readonly RequestLog _requests = new();
    private FleetDefinition _configured = FleetDefinition.Empty;
    private RunTimeFleet _runTime = RunTimeFleet.Empty;
    private RunTimeFleet _inForce = RunTimeFleet.Empty;
    private IReadOnlyList<SetAside> _setAside = [];
    private long _version;

    /// <summary>What was made or changed at run time and is kept but not in force.</summary>
    public IReadOnlyList<SetAside> SetAside => Volatile.Read(ref _setAside);

    /// <summary>Loads what was kept and publishes the first snapshot.</summary>
    /// <exception cref="StoreDamagedException">What was kept cannot be trusted.</exception>
    public async Task StartAsync(FleetDefinition configured, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var content = await store.LoadAsync(cancellation);
            Take(content, configured);
            log.StartAt(content.Revision + 1, store.LocalBits);
            holder.Publish(compiler.Compile(content.Revision + 1, _fleet, _states));
            SayEnded();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Puts another configuration in place of the present one. It must have passed <see cref="FleetValidator"/>. What was made at run time stays,
    /// as far as the configuration allows it, and states stay with their names.
    /// </summary>
    /// <returns>Whether anything changed by it.</returns>
    public async Task<bool> ApplyAsync(FleetDefinition configured, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await RetryAsync(() => ReplaceAsync(Reused(configured)));
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> ReplaceAsync(FleetDefinition configured)
    {
        var before = holder.Current;
        var (inForce, aside) = _runTime.Allowed(configured, validator);
        var fleet = inForce.Over(configured);
        var states = Allowed(fleet, _states);
        if (states == _states && IsAsBefore(fleet))
        {
            (_configured, _inForce) = (configured, inForce);
            SayAside(aside);
            return false;
        }
        var revision = before.Revision + 1;
        if (states != _states)
        {
            (revision, _) = await SaveAsync(revision, [.. StoredFleet.Subjects(_states, states)], made: null);
        }
        (_configured, _inForce, _fleet) = (configured, inForce, fleet);
        SayAside(aside);
        PublishAll(before, states, "configuration changed", revision);
        return true;
    }

    /// <summary>Lets the store mend itself and keep revisions ahead; takes up what it holds that is not from here.</summary>
    /// <exception cref="StoreUnavailableException">It still takes no change.</exception>
    public async Task TendStoreAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (await store.TendAsync(holder.Current.Revision, cancellation) is var found && found != _version)
            {
                await CatchUpAsync(found);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>One after another; an operator is answered when nobody can use a decision any more that was made before.</summary>
    private async Task<WriteResult> InTurnAsync(Func<Task<WriteResult>> make, long? expectedRevision, CancellationToken cancellation)
    {
        var result = await TakeTurnAsync(make, expectedRevision, cancellation);
        if (result.Operator is not null && kept is not null)
        {
            await kept.PassedAsync();
        }
        return result;
    }

    /// <summary>A store that went on without this process is followed, and the change made on what it holds.</summary>
    private async Task<WriteResult> TakeTurnAsync(Func<Task<WriteResult>> make, long? expectedRevision, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (store.LocalBits > 0 && log.Shared(expectedRevision ?? 0) is var expected && expected > holder.Current.Revision)
            {
                // The caller saw at another service what has not come here yet. Whether it is the present revision only the store can tell: without it, nobody may say no.
                await CatchUpAsync(expected);
            }
            return await RetryAsync(make);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<T> RetryAsync<T>(Func<Task<T>> make)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await make();
            }
            catch (StoreConflictException conflict)
            {
                if (attempt == Attempts)
                {
                    throw new StoreUnavailableException("the store changes faster than this process can follow", conflict);
                }
                await CatchUpAsync(conflict.Version);
            }
        }
    }

    private bool IsPresent(long expected, Snapshot now) => expected >> store.LocalBits == now.Revision >> store.LocalBits;

    private async Task<(long Revision, OperatorChange? Made)> SaveAsync(long revision, IReadOnlyList<KeyChange> changes, OperatorChange? made, MadeRequest? request = null)
    {
        var all = changes.ToList();
        if (made is not null)
        {
            all.Add(StoredFleet.Change(made));
            if (made.Id > OperatorLog.Capacity)
            {
                all.Add(StoredFleet.WithoutChange(made.Id - OperatorLog.Capacity));
            }
        }
        if (request is not null)
        {
            all.Add(StoredFleet.Request(request));
            if (_requests.Oldest is { } oldest)
            {
                all.Add(StoredFleet.WithoutRequest(oldest));
            }
        }
        _version = await store.SaveAsync(new StoreTransaction(_version, revision, all), CancellationToken.None);
        if (made is not null)
        {
            operators.Add(made = made with { Revision = _version });
        }
        if (request is not null)
        {
            _requests.Add(request with { Revision = _version });
        }
        return (_version, made);
    }

    private void Take(StoreContent content, FleetDefinition configured)
    {
        var stored = StoredFleet.Read(content);
        var (inForce, aside) = stored.RunTime.Allowed(configured, validator);
        (_configured, _runTime, _inForce, _fleet) = (configured, stored.RunTime, inForce, inForce.Over(configured));
        SayAside(aside);
        var states = _states.Observed();
        foreach (var (farm, server) in stored.States.Subjects())
        {
            states = states.With(farm, server, stored.States.Of(farm, server));
        }
        Volatile.Write(ref _states, Allowed(_fleet, states));
        operators.Load(stored.Changes);
        _requests.Load(stored.Requests);
        _version = content.Version;
    }

    private void PublishAll(Snapshot before, FleetStates states, string reason, long? revision = null, string actor = StateChange.Itself)
    {
        Volatile.Write(ref _states, states);
        var after = compiler.Compile(revision ?? before.Revision + 1, _fleet, states, before);
        Publish(before, after, actor, reason, before.Servers.Concat(after.Servers).Select(s => s.Name), before.Farms.Concat(after.Farms).Select(f => f.Name));
        SayEnded();
    }

    /// <summary>The same configuration with the instances of before where they say the same.</summary>
    private FleetDefinition Reused(FleetDefinition configured)
    {
        var servers = _configured.Servers.ToDictionary(s => s.Name, EntityName.Comparer);
        var farms = _configured.Farms.ToDictionary(f => f.Name, EntityName.Comparer);
        return configured with
        {
            Servers = [.. configured.Servers.Select(s => servers.GetValueOrDefault(s.Name) is { } was && DefinitionJson.Same(was, s) ? was : s)],
            Farms = [.. configured.Farms.Select(f => farms.GetValueOrDefault(f.Name) is { } was && DefinitionJson.Same(was, f) ? was : f)],
        };
    }

    private bool IsAsBefore(FleetDefinition fleet) => fleet.ExpectUpdate == _fleet.ExpectUpdate
        && fleet.Servers.SequenceEqual(_fleet.Servers, (a, b) => ReferenceEquals(a, b)) && fleet.Farms.SequenceEqual(_fleet.Farms, (a, b) => ReferenceEquals(a, b));

    private void SayAside(List<SetAside> aside)
    {
        foreach (var one in aside.Except(_setAside))
        {
            LogSetAside(one.Subject, one.Why);
        }
        Volatile.Write(ref _setAside, aside);
    }

    [LoggerMessage(1005, LogLevel.Error, "What was made or changed at run time of {Subject} is kept but not in force, for the configuration does not allow it: {Why}")]
    private partial void LogSetAside(string subject, string why);
}
