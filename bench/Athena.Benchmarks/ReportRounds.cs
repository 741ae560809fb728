using System.Diagnostics;
using System.Globalization;
using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Benchmarks;

/// <summary>How long single decisions take in calm, and while another thread takes 100,000 reports a second for the servers of the same farm: both in turns.</summary>
/// <remarks>Rounds in which the reporter did not keep its pace, for others used the machine, do not count.</remarks>
internal static class ReportRounds
{
    /// <summary>The argument that asks for it.</summary>
    public const string Verb = "reports";

    private const int Wanted = 60;
    private const int Patience = 1500;
    private const int PerSecond = 100_000;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(20);
    private static readonly KeyValuePair<string, double>[] Report = [new("cpu", 40), new("mem", 50), new("load", 3)];

    /// <summary>Prints the table.</summary>
    public static void Run()
    {
        Console.WriteLine("ns of one decision, its clock included; {0} rounds with reports and as many without", Wanted);
        Console.WriteLine("| policy | members | calm p50 | calm p99 | reports p50 | reports p99 | p99 ratio | reports/s |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var policy in new[] { Fleets.Random, Fleets.LeastLoadTwoChoices, Fleets.LeastLoadBest })
        {
            foreach (var members in new[] { 100, 1000, 10_000 })
            {
                Row(policy, members);
            }
        }
    }

    private static void Row(string policy, int members)
    {
        var holder = Fleets.Hold(Fleets.Make(policy, members));
        var balancer = new Balancer(holder, new LeaseTable(TimeProvider.System));
        using var reporter = new Reporter(holder.Current.Servers);
        var (calm, busy, reports, rounds, seconds) = (new List<long>(), new List<long>(), 0L, 0, 0.0);
        Decide(balancer, []);
        for (var k = 0; k < Patience && rounds < Wanted; k++)
        {
            var (quiet, disturbed) = (new List<long>(), new List<long>());
            Decide(balancer, quiet);
            var start = Stopwatch.GetTimestamp();
            reporter.Begin();
            Decide(balancer, disturbed);
            var taken = reporter.End();
            var took = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (taken >= PerSecond * took * 0.9)
            {
                (reports, rounds, seconds) = (reports + taken, rounds + 1, seconds + took);
                calm.AddRange(quiet);
                busy.AddRange(disturbed);
            }
        }
        if (rounds == 0)
        {
            Console.WriteLine($"| {policy} | {members} | the reporter never kept its pace |");
            return;
        }
        calm.Sort();
        busy.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {policy} | {members} | {At(calm, 0.5):0} | {At(calm, 0.99):0} | {At(busy, 0.5):0} | {At(busy, 0.99):0} | {At(busy, 0.99) / At(calm, 0.99):0.00} | {reports / seconds:N0} |"));
    }

    private static double At(List<long> sorted, double quantile) => sorted[(int)(sorted.Count * quantile)] * 1e9 / Stopwatch.Frequency;

    private static void Decide(Balancer balancer, List<long> times)
    {
        var query = new BalanceQuery(Fleets.Farm);
        var end = Stopwatch.GetTimestamp() + (long)(Round.TotalSeconds * Stopwatch.Frequency);
        for (var now = Stopwatch.GetTimestamp(); now < end;)
        {
            balancer.Decide(query);
            var then = Stopwatch.GetTimestamp();
            times.Add(then - now);
            now = then;
        }
    }

    /// <summary>Takes reports at its pace, hundred at a time, one server after another.</summary>
    private sealed class Reporter : IDisposable
    {
        private readonly IReadOnlyList<Server> _servers;
        private readonly SemaphoreSlim _begin = new(0);
        private readonly SemaphoreSlim _end = new(0);
        private readonly Thread _thread;
        private volatile bool _isReporting;
        private volatile bool _isOver;
        private long _taken;

        public Reporter(IReadOnlyList<Server> servers)
        {
            _servers = servers;
            _thread = new Thread(Work) { IsBackground = true };
            _thread.Start();
        }

        public void Begin()
        {
            _isReporting = true;
            _begin.Release();
        }

        public long End()
        {
            _isReporting = false;
            _end.Wait();
            return _taken;
        }

        public void Dispose()
        {
            _isOver = true;
            _begin.Release();
            _thread.Join();
            _begin.Dispose();
            _end.Dispose();
        }

        private void Work()
        {
            const int AtOnce = 100;
            for (var next = 0; ;)
            {
                _begin.Wait();
                if (_isOver)
                {
                    return;
                }
                var start = Stopwatch.GetTimestamp();
                for (_taken = 0; _isReporting; _taken += AtOnce)
                {
                    for (var i = 0; i < AtOnce; i++)
                    {
                        _servers[next++ % _servers.Count].Cells.Statistics.Report(Report, Stopwatch.GetTimestamp());
                    }
                    while (_isReporting && Stopwatch.GetElapsedTime(start).TotalSeconds * PerSecond < _taken)
                    {
                        Thread.SpinWait(20);
                    }
                }
                _end.Release();
            }
        }
    }
}
