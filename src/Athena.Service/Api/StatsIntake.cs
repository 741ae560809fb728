using Athena.Engine.Farms;
using Athena.Engine.Statistics;
using Athena.Service.Contract;
using Athena.Service.Health;
using Athena.Service.Telemetry;
using Athena.V1;
using Server = Athena.Engine.Farms.Server;
using Status = Google.Rpc.Status;

namespace Athena.Service.Api;

/// <summary>Takes reports, whatever way they came: all of one or nothing.</summary>
internal sealed class StatsIntake(SnapshotHolder snapshots, FreshnessMonitor freshness, AthenaMetrics metrics, TimeProvider time)
{
    /// <summary>Takes one report.</summary>
    /// <returns>What was wrong with it; null when it was taken. The task ends when a server that was out is in again.</returns>
    public async ValueTask<Status?> TakeAsync(UpdateStatsRequest report, CancellationToken cancellation)
    {
        if (Find(report, out var error) is not { } server || Read(report, out error) is not { } numbers)
        {
            metrics.Refused();
            return error;
        }
        if (server.Cells.Statistics.Report(numbers, time.GetTimestamp()) is { Count: > 0 } faults)
        {
            metrics.Refused();
            return Rejected(faults);
        }
        metrics.Reported(1);
        await freshness.ReportedAsync(server.Name, cancellation);
        return null;
    }

    /// <summary>Takes numbers that came with an outcome and were read by <see cref="ReadOrRefuse"/>. Names beyond the bounds are dropped and counted.</summary>
    public void Take(ServerCells server, IReadOnlyCollection<KeyValuePair<string, double>> numbers)
    {
        if (server.Statistics.Report(numbers, time.GetTimestamp()).Count > 0)
        {
            metrics.Refused();
            return;
        }
        metrics.Reported(1);
        _ = freshness.ReportedAsync(server.Server, CancellationToken.None);
    }

    /// <summary>The numbers of an ORCA report; zero counts as not reported.</summary>
    /// <returns>Null when one is not acceptable, which is counted.</returns>
    public List<KeyValuePair<string, double>>? ReadOrRefuse(LoadReport load, out Status? error)
    {
        var numbers = new List<KeyValuePair<string, double>>();
        Add(numbers, load);
        var read = Checked(numbers, out error);
        if (read is null)
        {
            metrics.Refused();
        }
        return read;
    }

    private Server? Find(UpdateStatsRequest report, out Status? error)
    {
        var checks = new RequestChecks();
        checks.Name("server", report.Server);
        error = checks.Result;
        if (error is not null)
        {
            return null;
        }
        var snapshot = snapshots.Current;
        var server = snapshot.FindServer(report.Server);
        error = server is null ? ApiErrors.ServerNotFound(report.Server, snapshot) : null;
        return server;
    }

    private static List<KeyValuePair<string, double>>? Read(UpdateStatsRequest report, out Status? error)
    {
        var numbers = new List<KeyValuePair<string, double>>(report.Stats.Count);
        numbers.AddRange(report.Stats);
        if (report.Load is not null)
        {
            Add(numbers, report.Load);
            if (numbers.GroupBy(n => n.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            {
                error = Rejected([new StatisticFault(twice.Key, "is in both stats and load")]);
                return null;
            }
        }
        // The board checks names and numbers when it takes them.
        error = null;
        return numbers;
    }

    private static List<KeyValuePair<string, double>>? Checked(List<KeyValuePair<string, double>> numbers, out Status? error)
    {
        var faults = StatisticBoard.Check(numbers);
        error = faults.Count > 0 ? Rejected(faults) : null;
        return error is null ? numbers : null;
    }

    private static void Add(List<KeyValuePair<string, double>> numbers, LoadReport load)
    {
        void AddOne(string name, double value)
        {
            if (value != 0)
            {
                numbers.Add(new(name, value));
            }
        }
        AddOne("cpu_utilization", load.CpuUtilization);
        AddOne("mem_utilization", load.MemUtilization);
        AddOne("rps_fractional", load.RpsFractional);
        AddOne("eps", load.Eps);
        AddOne("application_utilization", load.ApplicationUtilization);
        foreach (var (name, value) in load.Utilization)
        {
            AddOne($"utilization.{name}", value);
        }
        foreach (var (name, value) in load.NamedMetrics)
        {
            AddOne($"named_metrics.{name}", value);
        }
    }

    private static Status Rejected(IReadOnlyList<StatisticFault> faults) =>
        ApiErrors.InvalidFields(ErrorReason.StatRejected, [.. faults.Select(f => ($"stats[{Shown(f.Name)}]", f.Message))]);

    private static string Shown(string name) => name.Length <= StatisticNames.MaxLength ? name : name[..StatisticNames.MaxLength] + "...";
}
