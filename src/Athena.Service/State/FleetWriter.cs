using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>The one writer: makes changes one after another, each stored first, then published, then told to watchers.</summary>
internal sealed class FleetWriter(IStateStore store, SnapshotCompiler compiler, SnapshotHolder holder, ChangeLog log, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private FleetDefinition _fleet = FleetDefinition.Empty;
    private FleetStates _states = FleetStates.Normal;

    /// <summary>The clock that changes are stamped with.</summary>
    public TimeProvider Time => time;

    /// <summary>What holds now.</summary>
    public Snapshot Current => holder.Current;

    /// <summary>States that are not normal.</summary>
    public FleetStates States => Volatile.Read(ref _states);

    /// <summary>Loads what was kept and publishes the first snapshot.</summary>
    public async Task StartAsync(FleetDefinition fleet, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var stored = await store.LoadAsync(cancellation);
            (_fleet, _states) = (fleet, stored.States);
            log.StartAt(stored.Revision + 1);
            holder.Publish(compiler.Compile(stored.Revision + 1, fleet, _states));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Puts another definition in place of the present one. It must have passed <see cref="FleetValidator"/>. States stay with their names.</summary>
    public async Task ApplyAsync(FleetDefinition fleet, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var before = holder.Current;
            var after = compiler.Compile(before.Revision + 1, fleet, _states);
            _fleet = fleet;
            Publish(before, after, StateChange.Itself, "configuration changed", before.Servers.Concat(after.Servers).Select(s => s.Name), before.Farms.Concat(after.Farms).Select(f => f.Name));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Makes one change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="expectedRevision">Refuse unless this is the present revision; null: whatever it is.</param>
    /// <param name="validateOnly">Only check.</param>
    /// <param name="cancellation">Ends the wait for the turn; a change that was begun is finished.</param>
    /// <exception cref="StoreUnavailableException">Not stored, not made.</exception>
    public async Task<WriteResult> ChangeAsync(StateChange change, long? expectedRevision, bool validateOnly, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var before = holder.Current;
            if (Check(change, expectedRevision, before) is var status && status != WriteStatus.Done)
            {
                return new WriteResult(status, before);
            }
            var states = Apply(change);
            // A member's change is seen in its farm alone.
            var (servers, farms) = (NamesOf(change.Farm is null ? change.Server : null), NamesOf(change.Farm));
            var after = compiler.Recompile(before, before.Revision + 1, states, servers, farms);
            if (validateOnly)
            {
                return new WriteResult(WriteStatus.Done, after);
            }
            if (states == _states)
            {
                return new WriteResult(WriteStatus.Done, before);
            }
            if (!change.IsObserved)
            {
                await store.SaveAsync(new StoredState(after.Revision, states.ToStore()), change, CancellationToken.None);
            }
            Volatile.Write(ref _states, states);
            Publish(before, after, change.Actor, change.Reason, servers, farms.Concat(FarmsThatDiffer(before, after)).Distinct(EntityName.Comparer));
            return new WriteResult(WriteStatus.Done, after);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static HashSet<string> NamesOf(string? name) => name is null ? new(EntityName.Comparer) : new(EntityName.Comparer) { name };

    private static WriteStatus Check(StateChange change, long? expectedRevision, Snapshot now)
    {
        if (expectedRevision is { } expected && expected != now.Revision)
        {
            return WriteStatus.RevisionMismatch;
        }
        var farm = change.Farm is null ? null : now.FindFarm(change.Farm);
        if (change.Farm is not null && farm is null)
        {
            return WriteStatus.FarmNotFound;
        }
        if (change.Server is not null && now.FindServer(change.Server) is null)
        {
            return WriteStatus.ServerNotFound;
        }
        return change.Server is not null && farm is not null && farm.FindMember(change.Server) is null ? WriteStatus.MemberNotFound : WriteStatus.Done;
    }

    private FleetStates Apply(StateChange change)
    {
        var note = new StateNote(change.Actor, change.Reason, time.GetUtcNow(), change.Until);
        AdminSetting Admin(AdminSetting now) =>
            change.Admin is not { } state ? now
            : state == AdminState.On ? AdminSetting.On
            : now.State == state && SameWords(now.Note, change) ? now
            : new AdminSetting(state, note);
        switch (change)
        {
            case { Farm: null, Server: { } server }:
                var before = _states.OfServer(server);
                var health = change.Health ?? before.Health;
                var freshness = change.Freshness ?? before.Freshness;
                var check = change.Check ?? before.Check;
                return _states.WithServer(server, before with
                {
                    Admin = Admin(before.Admin),
                    Health = health,
                    HealthNote = health == HealthState.Up ? null
                        : change.Health is null || (before.Health == health && SameWords(before.HealthNote, change)) ? before.HealthNote : note,
                    Check = check,
                    CheckNote = check == CheckState.Good ? null : change.Check is null || before.Check == check ? before.CheckNote : note,
                    Freshness = freshness,
                    FreshnessNote = freshness == FreshnessState.In ? null : change.Freshness is null || before.Freshness == freshness ? before.FreshnessNote : note,
                });
            case { Farm: { } farm, Server: { } server }:
                var key = new MemberKey(farm, server);
                if (change.Ejected is { } ejected)
                {
                    return _states.WithEjection(key, !ejected ? null : _states.EjectionOf(key) ?? note);
                }
                return _states.WithMember(key, Admin(_states.OfMember(key)));
            case { Farm: { } farm }:
                return _states.WithFarm(farm, Admin(_states.OfFarm(farm)));
            default:
                return _states with { Engine = Admin(_states.Engine) };
        }
    }

    /// <summary>Whether a note says the same already, so that a repeated change changes nothing.</summary>
    private static bool SameWords(StateNote? note, StateChange change) =>
        note is not null && note.Actor == change.Actor && note.Reason == change.Reason && note.Until == change.Until;

    private static IEnumerable<string> FarmsThatDiffer(Snapshot before, Snapshot after)
    {
        for (var i = 0; i < after.Farms.Count; i++)
        {
            if (!ReferenceEquals(before.Farms[i], after.Farms[i]))
            {
                yield return after.Farms[i].Name;
            }
        }
    }

    private void Publish(Snapshot before, Snapshot after, string actor, string reason, IEnumerable<string> servers, IEnumerable<string> farms)
    {
        holder.Publish(after);
        var now = time.GetUtcNow();
        var changes = new List<FleetChange>();
        foreach (var name in servers.Distinct(EntityName.Comparer))
        {
            var (old, next) = (before.FindServer(name), after.FindServer(name));
            if (old?.State != next?.State || old?.Definition != next?.Definition)
            {
                changes.Add(new FleetChange(after.Revision, now, actor, reason) { OldServer = old, NewServer = next });
            }
        }
        foreach (var name in farms.Distinct(EntityName.Comparer))
        {
            changes.Add(new FleetChange(after.Revision, now, actor, reason) { OldFarm = before.FindFarm(name), NewFarm = after.FindFarm(name) });
        }
        log.Append(changes);
    }
}
