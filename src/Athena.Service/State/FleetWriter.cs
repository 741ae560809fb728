using System.Runtime.CompilerServices;
using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>The one writer: makes changes one after another, each stored first, then published, then told to watchers.</summary>
internal sealed partial class FleetWriter(IStateStore store, SnapshotCompiler compiler, FleetValidator validator, SnapshotHolder holder, ChangeLog log,
    OperatorLog operators, TimeProvider time, ILogger<FleetWriter> logger, KeptDecisions? kept = null) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    // What a farm was is what it became by the change before.
    private readonly ConditionalWeakTable<Farm, FarmView> _views = [];
    private FleetDefinition _fleet = FleetDefinition.Empty;
    private FleetStates _states = FleetStates.Normal;

    /// <summary>The clock that changes are stamped with.</summary>
    public TimeProvider Time => time;

    /// <summary>What holds now.</summary>
    public Snapshot Current => holder.Current;

    /// <summary>States that are not normal.</summary>
    public FleetStates States => Volatile.Read(ref _states);

    /// <summary>Makes one change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="expectedRevision">Refuse unless this is the present revision; null: whatever it is.</param>
    /// <param name="validateOnly">Only check.</param>
    /// <param name="cancellation">Ends the wait for the turn; a change that was begun is finished.</param>
    /// <exception cref="StoreUnavailableException">Not stored, not made.</exception>
    public Task<WriteResult> ChangeAsync(StateChange change, long? expectedRevision, bool validateOnly, CancellationToken cancellation) =>
        InTurnAsync(async () => Check(change, expectedRevision, holder.Current) is var status && status != WriteStatus.Done
            ? new WriteResult(status, holder.Current)
            : await CommitAsync(change, _states.With(change, time.GetUtcNow()), validateOnly, undoes: 0), expectedRevision, cancellation);

    /// <summary>Puts back what an operator's change replaced, unless the same was set again since.</summary>
    /// <exception cref="StoreUnavailableException">Not stored, not made.</exception>
    public Task<WriteResult> UndoAsync(long id, string actor, string reason, long? expectedRevision, bool validateOnly, CancellationToken cancellation) =>
        InTurnAsync(async () =>
        {
            var before = holder.Current;
            if (operators.Find(id) is not { } made)
            {
                return new WriteResult(WriteStatus.ChangeNotFound, before);
            }
            var (farm, server) = (made.Change.Farm, made.Change.Server);
            var change = new StateChange { Farm = farm, Server = server, Actor = actor, Reason = reason };
            if (made.Edit is { } edit)
            {
                return await UndoEditAsync(made, edit, change, expectedRevision, validateOnly);
            }
            if (Check(change, expectedRevision, before) is var status && status != WriteStatus.Done)
            {
                return new WriteResult(status, before) { Operator = made };
            }
            var now = _states.Of(farm, server);
            return now.IsAsLeftBy(made.Before, made.After)
                ? await CommitAsync(change, _states.With(farm, server, now.Without(made.Before, made.After)), validateOnly, id)
                : new WriteResult(WriteStatus.Superseded, before) { Operator = made };
        }, expectedRevision, cancellation);

    /// <summary>Gives members that start slowly the weights of this moment: the same revision, and no word to watchers.</summary>
    public async Task RefreshWeightsAsync(CancellationToken cancellation)
    {
        if (!holder.Current.Farms.Any(f => f.IsWarming))
        {
            return;
        }
        await _turn.WaitAsync(cancellation);
        try
        {
            var now = holder.Current;
            var farms = now.Farms.Where(f => f.IsWarming).Select(f => f.Name).ToHashSet(EntityName.Comparer);
            holder.Publish(compiler.Recompile(now, now.Revision, _states, NamesOf(null), farms));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Checks forwards, stores, publishes and lists a change that is otherwise good.</summary>
    private async Task<WriteResult> CommitAsync(StateChange change, FleetStates states, bool validateOnly, long undoes)
    {
        var before = holder.Current;
        if (ForwardFault(states, change) is { } fault)
        {
            return new WriteResult(WriteStatus.ForwardRefused, before) { Fault = fault };
        }
        // A member's change is seen in its farm alone.
        var (servers, farms) = (NamesOf(change.Farm is null ? change.Server : null), NamesOf(change.Farm));
        var after = compiler.Recompile(before, before.Revision + 1, states, servers, farms);
        OperatorChange? made = new(0, after.Revision, change.MadeAt ?? time.GetUtcNow(), change, _states.Of(change.Farm, change.Server), states.Of(change.Farm, change.Server), undoes);
        if (validateOnly)
        {
            return new WriteResult(WriteStatus.Done, after) { Operator = made };
        }
        if (states == _states)
        {
            return new WriteResult(WriteStatus.Done, before) { Operator = made };
        }
        made = change.IsObserved || change.IsAutomatic ? null : made with { Id = operators.NextId };
        if (!change.IsObserved)
        {
            (var revision, made) = await SaveAsync(after.Revision, [StoredFleet.Subject(change.Farm, change.Server, states)], made);
            after = after.At(revision);
        }
        Volatile.Write(ref _states, states);
        Publish(before, after, change.Actor, change.Reason, servers, farms.Concat(FarmsThatDiffer(before, after)).Distinct(EntityName.Comparer));
        return new WriteResult(WriteStatus.Done, after) { Operator = made };
    }

    private static HashSet<string> NamesOf(string? name) => name is null ? new(EntityName.Comparer) : new(EntityName.Comparer) { name };

    private WriteStatus Check(StateChange change, long? expectedRevision, Snapshot now)
    {
        if (expectedRevision is { } expected && !IsPresent(expected, now))
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
            changes.Add(new FleetChange(after.Revision, now, actor, reason) { OldFarm = ViewOf(before.FindFarm(name)), NewFarm = ViewOf(after.FindFarm(name)) });
        }
        log.Append(changes);
    }

    private FarmView? ViewOf(Farm? farm) => farm is null ? null : _views.GetValue(farm, FarmView.Of);
}
