using System.Collections.Concurrent;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>What clients did and were answered, and what watches told; and whether one order of all changes explains it.</summary>
internal sealed class EtcdHistory
{
    private readonly ConcurrentQueue<Operation> _operations = new();
    private long _clock;

    /// <summary>Times of calls and answers, for all clients one after another.</summary>
    public long Tick() => Interlocked.Increment(ref _clock);

    public int Count => _operations.Count;

    public int Unknown => _operations.Count(o => o.Outcome == Outcome.Unknown);

    public void Add(Operation operation) => _operations.Enqueue(operation);

    /// <summary>What no order explains.</summary>
    /// <remarks>
    /// The revision of a change is its place in the order, so no search is needed: the order must agree with time (a change called after another one's answer comes after it), and each change that
    /// expected a revision must come right after that one. Changes without an answer are looked for in what is listed: they are there once or not at all.
    /// </remarks>
    public List<string> Faults(IReadOnlyList<OperatorChange> listed)
    {
        var faults = new List<string>();
        var made = _operations.Where(o => o.Outcome == Outcome.Made).OrderBy(o => o.Revision).ToList();
        var byReason = listed.DistinctBy(c => c.Reason).ToDictionary(c => c.Reason);
        faults.AddRange(made.Zip(made.Skip(1)).Where(p => p.First.Revision == p.Second.Revision).Select(p => $"{p.First} and {p.Second} have one revision"));
        // What came back before another one was called comes before it.
        var latestCall = 0L;
        foreach (var operation in made)
        {
            if (operation.End < latestCall)
            {
                faults.Add($"{operation} was answered before one with a lower revision was called");
            }
            latestCall = Math.Max(latestCall, operation.Start);
        }
        var oldest = listed.Count > 0 ? listed.Min(c => c.Revision) : long.MaxValue;
        foreach (var operation in made.Where(o => o.Revision >= oldest))
        {
            if (!byReason.TryGetValue(operation.Reason, out var change) || change.Revision != operation.Revision)
            {
                faults.Add($"{operation} was answered and is not listed");
            }
        }
        faults.AddRange(_operations.Where(o => o.Outcome == Outcome.Refused && byReason.ContainsKey(o.Reason)).Select(o => $"{o} was refused and is listed"));
        var chain = listed.OrderBy(c => c.Id).ToList();
        faults.AddRange(chain.Zip(chain.Skip(1)).Where(p => p.First.Id + 1 != p.Second.Id || p.First.Revision >= p.Second.Revision).Select(p => $"{p.First} is followed by {p.Second}"));
        var before = chain.Zip(chain.Skip(1)).DistinctBy(p => p.Second.Reason).ToDictionary(p => p.Second.Reason, p => p.First.Revision);
        faults.AddRange(_operations.Where(o => o.Expected is { } expected && before.TryGetValue(o.Reason, out var last) && last != expected)
            .Select(o => $"{o} expected another revision than {before[o.Reason]}, which was the last"));
        var known = made.Select(o => o.Revision).Concat(chain.Select(c => c.Revision)).ToHashSet();
        var revisions = known.Order().ToList();
        // Only what was not answered, and is not listed any more, may lie between what a change expected and itself.
        foreach (var operation in made.Where(o => o.Expected is not null && o.Revision < oldest))
        {
            var place = revisions.BinarySearch(operation.Revision);
            if (place > 0 && revisions[place - 1] > operation.Expected)
            {
                faults.Add($"{operation} was made although {revisions[place - 1]} came between");
            }
        }
        return faults;
    }

    /// <summary>What a watch told out of order, twice, or not at all.</summary>
    public List<string> Faults(IReadOnlyList<HealthChange> watched)
    {
        var faults = new List<string>();
        faults.AddRange(watched.Zip(watched.Skip(1)).Where(p => p.First.Revision > p.Second.Revision).Select(p => $"the watch told {p.Second.Revision} after {p.First.Revision}"));
        var last = watched.Count == 0 ? 0 : watched[^1].Revision;
        foreach (var server in _operations.GroupBy(o => o.Server))
        {
            var told = watched.Where(c => c.Server?.Server == server.Key).ToList();
            faults.AddRange(told.GroupBy(c => c.Revision).Where(g => g.Count() > 1).Select(g => $"the watch told {g.Key} of {server.Key} twice"));
            var (count, made) = (told.Sum(c => 1 + (int)c.Merged), server.Count(o => o.Outcome == Outcome.Made && o.Revision <= last));
            var unknown = server.Count(o => o.Outcome == Outcome.Unknown);
            if (count < made || count > made + unknown)
            {
                faults.Add($"the watch told {count} changes of {server.Key}; {made} were answered, {unknown} were not");
            }
            var answered = server.Where(o => o.Outcome == Outcome.Made).ToDictionary(o => o.Revision, o => o.Reason);
            faults.AddRange(told.Where(c => answered.TryGetValue(c.Revision, out var reason) && c.Reason != reason).Select(c => $"the watch told another change at {c.Revision}"));
        }
        return faults;
    }

    internal enum Outcome
    {
        Made,
        Refused,
        Unknown,
    }

    internal sealed record Operation(string Server, string Reason, long Start, long End, long? Expected, Outcome Outcome, long Revision);
}
