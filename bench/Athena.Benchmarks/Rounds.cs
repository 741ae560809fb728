using System.Diagnostics;
using System.Globalization;
using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;

namespace Athena.Benchmarks;

/// <summary>Decisions timed on a machine that others use too: medians of samples of some microseconds, which few time slices end in; all sides take turns in one process.</summary>
/// <remarks>Of two threads only samples count in which the other thread decided about as often.</remarks>
internal sealed class Rounds : IDisposable
{
    /// <summary>The argument that asks for it.</summary>
    public const string Verb = "rounds";

    private const int DefaultRounds = 30;
    private const int SamplesARound = 1000;
    private const int SampleSize = 256;
    private const int Steps = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(60);

    private static readonly string[] Policies =
    [
        Fleets.RoundRobin, Fleets.RoundRobinWeighted, Fleets.Random, Fleets.RandomWeighted, Fleets.LeastRequests, Fleets.PeakEwma, Fleets.PeakEwmaBest,
        Fleets.LeastLoadTwoChoices, Fleets.LeastLoadProportional, Fleets.LeastLoadBest, Fleets.Sum, Fleets.LeastTimeTwoChoices, Fleets.LeastTimeBest, Fleets.WeightedLoad, Fleets.Prequal, Fleets.ConsistentHash,
    ];

    private readonly long[] _progress = new long[64];
    private readonly SemaphoreSlim _begin = new(0);
    private readonly SemaphoreSlim _end = new(0);
    private readonly Thread _helper;
    private volatile Action<int>? _work;
    private volatile bool _isWorking;

    private Rounds()
    {
        _helper = new Thread(Help) { IsBackground = true };
        _helper.Start();
    }

    private long Progress => Volatile.Read(ref _progress[32]);

    /// <summary>Prints the table. Arguments: how many rounds, the beginning of the policies' names.</summary>
    public static void Run(string[] args)
    {
        var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : DefaultRounds;
        using var rounds = new Rounds();
        Console.WriteLine("ns, medians. 'two': a decision while another thread decides in the same farm; 'apart': while it decides in another one; 'leased': with a lease that ends at once, by an outcome");
        // What is compiled on the way falls to a row that does not count.
        rounds.Row(Policies[0], 3, count, TextWriter.Null);
        Console.WriteLine("| policy | members | policy alone | decision | one excluded | two | two/decision | apart/decision | leased | two leased/leased |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var policy in Policies.Where(p => p.StartsWith(args.Length > 1 ? args[1] : "", StringComparison.Ordinal)))
        {
            foreach (var members in new[] { 3, 10, 1000, 10_000 })
            {
                rounds.Row(policy, members, count, Console.Out);
            }
        }
    }

    public void Dispose()
    {
        _work = null;
        _begin.Release();
        _helper.Join();
        _begin.Dispose();
        _end.Dispose();
    }

    private void Row(string policy, int members, int count, TextWriter table)
    {
        var (first, second) = (Fleets.Hold(Fleets.Make(policy, members)), Fleets.Hold(Fleets.Make(policy, members)));
        var leases = new LeaseTable(TimeProvider.System);
        var (one, other) = (new Balancer(first, leases), new Balancer(second, new LeaseTable(TimeProvider.System)));
        var plain = new BalanceQuery(Fleets.Farm);
        var leased = plain with { Lease = TimeSpan.FromMinutes(1) };
        var excluding = plain with { Exclude = [first.Current.Servers[members / 2].Name] };
        var farm = first.Current.Farms[0];
        var samples = Enumerable.Range(0, 7).Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < count; round++)
        {
            if (round == 0)
            {
                Array.ForEach(samples, s => s.Clear());
            }
            // As in a service, ten times a second; the clock of the reports stands near zero.
            var now = new RefreshTime((long)((round + 2) * 0.11 * Stopwatch.Frequency), Stopwatch.Frequency);
            (farm.Groups[0].Prepared as IRefreshed)?.Refresh(now);
            (second.Current.Farms[0].Groups[0].Prepared as IRefreshed)?.Refresh(now);
            Sample(samples[0], null, n => Pick(farm, n));
            Sample(samples[1], null, n => Decide(one, plain, n));
            Sample(samples[2], null, n => Decide(one, excluding, n));
            Sample(samples[3], n => Decide(one, plain, n), n => Decide(one, plain, n));
            Sample(samples[4], n => Decide(other, plain, n), n => Decide(one, plain, n));
            Sample(samples[5], null, n => DecideAndClose(one, leases, leased, n));
            Sample(samples[6], n => DecideAndClose(one, leases, leased, n), n => DecideAndClose(one, leases, leased, n));
        }
        var ns = Array.ConvertAll(samples, s => s.Count == 0 ? double.NaN : s.Order().ElementAt(s.Count / 2));
        table.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {policy} | {members} | {ns[0]:0} | {ns[1]:0} | {ns[2]:0} | {ns[3]:0} | {ns[3] / ns[1]:0.00} | {ns[4] / ns[1]:0.00} | {ns[5]:0} | {ns[6] / ns[5]:0.00} |"));
    }

    private void Sample(List<double> samples, Action<int>? helpers, Action<int> mine)
    {
        if (helpers is not null)
        {
            (_work, _isWorking) = (helpers, true);
            _begin.Release();
        }
        var began = Stopwatch.GetTimestamp();
        for (var (i, size) = (0, SampleSize); i < SamplesARound / (helpers is null ? 10 : 1) && Stopwatch.GetElapsedTime(began) < Patience; i++)
        {
            var (start, before) = (Stopwatch.GetTimestamp(), Progress);
            mine(size);
            var (took, others) = (Stopwatch.GetElapsedTime(start).TotalNanoseconds, Progress - before);
            if (helpers is null || (others * Steps >= size / 2 && others * Steps <= size * 2))
            {
                samples.Add(took / size);
            }
        }
        if (helpers is not null)
        {
            _isWorking = false;
            _end.Wait();
        }
    }

    /// <summary>One thread for all rounds, as a service's threads live long.</summary>
    private void Help()
    {
        while (true)
        {
            _begin.Wait();
            if (_work is not { } work)
            {
                return;
            }
            while (_isWorking)
            {
                work(Steps);
                Volatile.Write(ref _progress[32], Progress + 1);
            }
            _end.Release();
        }
    }

    private static void Decide(Balancer balancer, in BalanceQuery query, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (balancer.Decide(query).Kind != DecisionKind.Chosen)
            {
                throw new UnreachableException();
            }
        }
    }

    private static void DecideAndClose(Balancer balancer, LeaseTable leases, in BalanceQuery query, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (leases.Close(balancer.Decide(query).Lease, OutcomeKind.Success, out _) != OutcomeResult.Recorded)
            {
                throw new UnreachableException();
            }
        }
    }

    private static void Pick(Farm farm, int count)
    {
        var group = farm.Groups[0];
        var sequence = farm.Policy.Seeds == SeedSource.Sequence ? farm.Cells : null;
        for (var i = 0; i < count; i++)
        {
            var seed = sequence is not null ? sequence.NextSequence() : (ulong)Random.Shared.NextInt64();
            farm.Policy.Pick(new PickContext(group.Array, isWhole: true, group.Prepared, farm.PolicyOptions, seed, sequence));
        }
    }
}
