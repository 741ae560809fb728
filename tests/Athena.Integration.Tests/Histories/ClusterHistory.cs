using System.Collections.Concurrent;
using Athena.V1;

namespace Athena.Integration.Tests.Histories;

/// <summary>What clients did at any replica and were answered, and whether one order of all changes explains it.</summary>
internal sealed class ClusterHistory
{
    /// <summary>Replicas count what they observe by themselves in the bits below.</summary>
    private const int LocalBits = 20;

    private readonly ConcurrentQueue<HistoryWrite> _writes = new();
    private readonly ConcurrentQueue<HistoryRead> _reads = new();
    private long _clock;
    private int _count;

    /// <summary>Times of calls and answers, for all clients one after another.</summary>
    public long Tick() => Interlocked.Increment(ref _clock);

    public int Count => Volatile.Read(ref _count);

    public IReadOnlyCollection<HistoryWrite> Writes => _writes;

    public void Add(HistoryWrite write)
    {
        _writes.Enqueue(write);
        Interlocked.Increment(ref _count);
    }

    public void Add(HistoryRead read)
    {
        _reads.Enqueue(read);
        Interlocked.Increment(ref _count);
    }

    public override string ToString()
    {
        var outcomes = string.Join(", ", _writes.CountBy(w => w.Outcome).OrderBy(o => o.Key).Select(o => $"{o.Value} {o.Key.ToString().ToLowerInvariant()}"));
        return $"{Count} operations: {_writes.Count} writes ({outcomes}), {_reads.Count} reads";
    }

    /// <summary>What no order explains.</summary>
    /// <param name="listed">Revisions of all changes that were ever listed, by their reasons: it tells which of the unanswered writes were made.</param>
    /// <remarks>
    /// Twice, by ways that know nothing of each other. A search for an order: of each server by itself, whose value is the reason of its last change, and of the whole, whose value is the last change anywhere (`expected_revision` is a swap on
    /// it, the head of the list a read of it). It takes revisions for names. And by revisions as places, which holds the servers against one another: each read of many is one moment of the whole.
    /// </remarks>
    public List<string> Faults(IReadOnlyDictionary<string, long> listed)
    {
        var faults = new List<string>();
        foreach (var server in _writes.Select(w => w.Server).Distinct())
        {
            if (RegisterSearch.Fault(OfServer(server)) is { } fault)
            {
                faults.Add($"server {server}: {fault}");
            }
        }
        if (RegisterSearch.Fault(OfAll(listed)) is { } of)
        {
            faults.Add($"all changes: {of}");
        }
        faults.AddRange(ByRevision(listed));
        return faults;
    }

    /// <summary>The register of one server. What was not answered and nobody read is left out: it forbids nothing.</summary>
    private IEnumerable<RegisterOperation> OfServer(string server)
    {
        var reads = _reads.Where(r => r.Values.ContainsKey(server)).Select(r => new RegisterOperation(r.Replica, RegisterOperationKind.Read, r.Values[server], r.Start, r.End)).ToList();
        var seen = reads.Select(r => r.Value).ToHashSet();
        return _writes.Where(w => w.Server == server && (w.Outcome == HistoryOutcome.Made || (w.Outcome == HistoryOutcome.Unknown && seen.Contains(w.Reason))))
            .Select(w => new RegisterOperation(w.Replica, RegisterOperationKind.Write, w.Reason, w.Start, w.Outcome == HistoryOutcome.Made ? w.End : RegisterOperation.Never)).Concat(reads);
    }

    /// <summary>The register of the last change anywhere.</summary>
    private IEnumerable<RegisterOperation> OfAll(IReadOnlyDictionary<string, long> listed)
    {
        var names = listed.DistinctBy(l => l.Value).ToDictionary(l => l.Value, l => l.Key);
        foreach (var write in _writes.Where(w => w.Outcome == HistoryOutcome.Made))
        {
            names[write.Revision] = write.Reason;
        }
        foreach (var write in _writes.Where(w => w.Outcome != HistoryOutcome.Refused))
        {
            var expected = write.Expected is { } revision ? names.GetValueOrDefault(revision, $"revision {revision}") : null;
            var kind = write.Outcome == HistoryOutcome.Mismatch ? RegisterOperationKind.Refusal : expected is null ? RegisterOperationKind.Write : RegisterOperationKind.Swap;
            yield return new RegisterOperation(write.Replica, kind, write.Reason, write.Start, write.Outcome == HistoryOutcome.Unknown ? RegisterOperation.Never : write.End, expected);
        }
        foreach (var read in _reads.Where(r => r.Values.ContainsKey(HistoryRead.Last)))
        {
            yield return new RegisterOperation(read.Replica, RegisterOperationKind.Read, read.Values[HistoryRead.Last], read.Start, read.End);
        }
    }

    private List<string> ByRevision(IReadOnlyDictionary<string, long> listed)
    {
        var faults = new List<string>();
        var made = _writes.Where(w => w.Outcome == HistoryOutcome.Made).Concat(_writes.Where(w => w.Outcome == HistoryOutcome.Unknown && listed.ContainsKey(w.Reason))
            .Select(w => w with { Revision = listed[w.Reason], End = RegisterOperation.Never })).OrderBy(w => w.Revision).ToList();
        faults.AddRange(made.Zip(made.Skip(1)).Where(p => p.First.Revision == p.Second.Revision).Select(p => $"{p.First} and {p.Second} have one revision"));
        faults.AddRange(_writes.Where(w => w.Outcome is HistoryOutcome.Refused or HistoryOutcome.Mismatch && listed.ContainsKey(w.Reason)).Select(w => $"{w} was refused and is listed"));
        faults.AddRange(made.Where(w => listed.GetValueOrDefault(w.Reason) != w.Revision).Select(w => $"{w} was answered and is not listed so"));
        var latestCall = 0L;
        foreach (var write in made)
        {
            if (write.End < latestCall)
            {
                faults.Add($"{write} was answered before one with a lower revision was called");
            }
            latestCall = Math.Max(latestCall, write.Start);
        }
        faults.AddRange(made.Zip(made.Skip(1)).Where(p => p.Second.Expected is { } expected && expected != p.First.Revision).Select(p => $"{p.Second} was made although {p.First} came before it"));
        var byServer = made.GroupBy(w => w.Server).ToDictionary(g => g.Key, g => g.ToArray());
        foreach (var read in _reads.Where(r => r.Revision > 0))
        {
            foreach (var (server, value) in read.Values.Where(v => v.Key != HistoryRead.Last))
            {
                // Everything up to the revision that the read tells, and nothing after it.
                var writes = byServer.GetValueOrDefault(server, []);
                var place = Array.FindLastIndex(writes, w => w.Revision >> LocalBits <= read.Revision >> LocalBits);
                if (value != (place < 0 ? null : writes[place].Reason))
                {
                    faults.Add($"{server} was '{value}' at {read.Revision} of replica {read.Replica}, where it should be '{(place < 0 ? null : writes[place].Reason)}'");
                }
            }
        }
        foreach (var replica in _reads.Where(r => r.Revision > 0).Select(r => (r.Replica, r.Start, r.End, r.Revision)).Concat(_writes.Where(w => w.Outcome == HistoryOutcome.Made).Select(w => (w.Replica, w.Start, w.End, w.Revision)))
            .Select(o => o with { Revision = o.Revision >> LocalBits }).GroupBy(o => o.Replica))
        {
            // What a replica answered, it never takes back.
            var byEnd = new Queue<(int, long, long End, long Revision)>(replica.OrderBy(o => o.End));
            var newest = 0L;
            foreach (var later in replica.OrderBy(o => o.Start))
            {
                while (byEnd.Peek().End < later.Start)
                {
                    newest = Math.Max(newest, byEnd.Dequeue().Revision);
                }
                if (later.Revision < newest)
                {
                    faults.Add($"replica {replica.Key} answered {newest} and then {later.Revision}");
                }
            }
        }
        return faults;
    }

    /// <summary>What a watch of all these servers told out of order, twice, wrongly, or not at all.</summary>
    /// <param name="watched">All it told since its first snapshot.</param>
    /// <param name="listed">As in <see cref="Faults"/>.</param>
    public List<string> WatchFaults(IReadOnlyList<HealthChange> watched, IReadOnlyDictionary<string, long> listed)
    {
        var faults = new List<string>();
        faults.AddRange(watched.Zip(watched.Skip(1)).Where(p => p.First.Revision > p.Second.Revision).Select(p => $"the watch told {p.Second.Revision} after {p.First.Revision}"));
        var last = watched.Count == 0 ? 0 : watched[^1].Revision;
        foreach (var server in _writes.GroupBy(w => w.Server))
        {
            var made = server.Select(w => w.Outcome == HistoryOutcome.Made ? (w.Revision, w.Reason) : (Revision: w.Outcome == HistoryOutcome.Unknown ? listed.GetValueOrDefault(w.Reason) : 0, w.Reason))
                .Where(w => w.Revision > 0 && w.Revision <= last).OrderBy(w => w.Revision).ToArray();
            var next = 0;
            ServerStatus? before = null;
            foreach (var change in watched.Where(c => c.Server?.Server == server.Key))
            {
                // The changes that were merged into it, and then itself.
                var at = Array.FindIndex(made, w => w.Revision == change.Revision);
                if (at < 0 || made[at].Reason != change.Reason)
                {
                    faults.Add($"the watch told '{change.Reason}' of {server.Key} at {change.Revision}, which nobody did");
                    continue;
                }
                if (at != next + change.Merged)
                {
                    faults.Add($"the watch told {made[at]} of {server.Key} with {change.Merged} merged into it; before it {at - next} were not told, or it was told already");
                }
                if (before is not null && !before.Equals(change.Server.OldStatus))
                {
                    faults.Add($"the watch told {made[at]} of {server.Key} on another state than the one it told before");
                }
                (next, before) = (at + 1, change.Server.NewStatus);
            }
            if (next < made.Length)
            {
                faults.Add($"the watch did not tell {made.Length - next} changes of {server.Key}, from {made[next]}");
            }
        }
        return faults;
    }
}

internal enum HistoryOutcome
{
    Made,

    /// <summary>Another revision than the expected one was the present one.</summary>
    Mismatch,

    /// <summary>Surely not made.</summary>
    Refused,

    /// <summary>It may have been made.</summary>
    Unknown,
}

/// <summary>A change that a client asked for; its reason is no other's.</summary>
internal sealed record HistoryWrite(int Replica, string Server, string Reason, long Start, long End, long? Expected, HistoryOutcome Outcome, long Revision);

/// <summary>What a client read of a replica: the reason of each server's last change; null: there was none.</summary>
internal sealed record HistoryRead(int Replica, long Start, long End, long Revision, IReadOnlyDictionary<string, string?> Values)
{
    /// <summary>In place of a server: the last change of all.</summary>
    public const string Last = "";
}
