using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>What others wrote to the store.</summary>
internal sealed partial class FleetWriter
{
    /// <summary>Takes up what others write, as it comes, until it is cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await store.ChangedAsync(cancellation);
            await _turn.WaitAsync(cancellation);
            try
            {
                await TryCatchUpAsync();
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    private async Task TryCatchUpAsync()
    {
        try
        {
            await CatchUpAsync(atLeast: 0);
        }
        catch (StoreUnavailableException)
        {
            // What is known stays in force; the store said so in the log.
        }
    }

    /// <summary>Takes up what the store holds; what the service observes by itself stays.</summary>
    private async Task CatchUpAsync(long atLeast)
    {
        var news = await store.NewsAsync(_version, atLeast, CancellationToken.None);
        if (news.Content is { } content)
        {
            var before = holder.Current;
            var expected = _version;
            Take(content, _configured);
            LogAdopted(content.Version, expected);
            // A store of many gives the revision; another one tells up to where revisions were given.
            var revision = content.Version == content.Revision && content.Version > before.Revision ? content.Version : Math.Max(before.Revision, content.Revision) + 1;
            if (store.LocalBits > 0)
            {
                log.StartAt(revision, store.LocalBits);
            }
            PublishAll(before, _states, "taken up from the store", revision);
        }
        foreach (var commit in news.Commits)
        {
            Take(commit);
        }
    }

    /// <summary>Puts a transaction of another service in force, at its revision and with its words.</summary>
    private void Take(StoreCommit commit)
    {
        var before = holder.Current;
        var read = StoredFleet.Read(commit, _runTime, _states);
        foreach (var made in read.Changes)
        {
            operators.Add(made);
        }
        foreach (var request in read.Requests)
        {
            _requests.Add(request);
        }
        _version = commit.Version;
        var words = read.Changes is [.., var last] ? (last.Change.Actor, last.Change.Reason) : (Actor: StateChange.Itself, Reason: "taken up from the store");
        if (read.RunTime != _runTime)
        {
            var (inForce, aside) = read.RunTime.Allowed(_configured, validator);
            (_runTime, _inForce, _fleet) = (read.RunTime, inForce, inForce.Over(_configured));
            SayAside(aside);
            PublishAll(before, Allowed(_fleet, read.States), words.Reason, commit.Version, words.Actor);
            return;
        }
        var states = Allowed(_fleet, read.States);
        var servers = new HashSet<string>(read.Subjects.Where(s => s.Farm is null && s.Server is not null).Select(s => s.Server!), EntityName.Comparer);
        var farms = new HashSet<string>(read.Subjects.Where(s => s.Farm is not null).Select(s => s.Farm!), EntityName.Comparer);
        Volatile.Write(ref _states, states);
        var after = compiler.Recompile(before, commit.Version, states, servers, farms);
        Publish(before, after, words.Actor, words.Reason, servers, farms.Concat(FarmsThatDiffer(before, after)).Distinct(EntityName.Comparer));
        SayEnded();
    }

    [LoggerMessage(1006, LogLevel.Warning, "The store was found at version {Found} in place of {Expected}; what it holds is in force now")]
    private partial void LogAdopted(long found, long expected);
}
