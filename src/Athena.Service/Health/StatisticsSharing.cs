using System.Text.Json;
using Athena.Engine.Farms;
using Athena.Service.State;
using Athena.Service.State.Etcd;
using Microsoft.Extensions.Options;

namespace Athena.Service.Health;

/// <summary>Tells the other replicas once a second what servers reported here, and takes in what they were told. The newest observation wins.</summary>
internal sealed partial class StatisticsSharing(SnapshotHolder snapshots, EtcdReplica replica, FreshnessMonitor freshness, IOptions<StoreOptions> options, TimeProvider time, ILogger<StatisticsSharing> logger)
    : PeriodicLook(TimeSpan.FromSeconds(1), time, logger)
{
    /// <summary>Every so many digests one holds all, for replicas that missed some.</summary>
    private const int FullEvery = 10;

    /// <summary>The greatest age of a number, in milliseconds: 30 days.</summary>
    private const double MostAge = 30.0 * 24 * 3600 * 1000;

    private long _told;
    private int _digests;

    internal override async Task LookAsync(CancellationToken cancellation)
    {
        var now = Time.GetTimestamp();
        try
        {
            await replica.TellAsync(StatisticsDigest.Write(snapshots.Current, _digests % FullEvery == 0 ? long.MinValue : _told, Time), cancellation);
            (_told, _digests) = (now, _digests + 1);
        }
        catch (StoreUnavailableException)
        {
            // The next one has it all; the store said so in the log.
        }
    }

    /// <summary>Takes in a digest of another replica.</summary>
    /// <returns>The servers of which anything in it was news.</returns>
    internal static List<Server> Merge(Snapshot snapshot, StatisticsDigest digest, TimeProvider time)
    {
        var now = time.GetTimestamp();
        // Ages, for clocks differ; one that cannot be is taken for the nearest that can.
        long At(double age) => now - (long)(Math.Clamp(age, 0, MostAge) / 1000 * time.TimestampFrequency);
        var news = new List<Server>();
        foreach (var (name, told) in digest.Servers)
        {
            if (snapshot.FindServer(name) is { } server && server.Cells.Statistics.Merge([.. told.Stats.Where(s => s.Value is [_, _]).Select(s => (s.Key, s.Value[0], At(s.Value[1])))], At(told.Age)))
            {
                news.Add(server);
            }
        }
        return news;
    }

    /// <summary>Whether a fault is one of a piece that is no digest.</summary>
    internal static bool IsUnreadable(Exception e) => e is JsonException or InvalidDataException or InvalidOperationException;

    protected override Task RunAsync(CancellationToken stopping) =>
        options.Value.Kind == "etcd" ? Task.WhenAll(base.RunAsync(stopping), HearAsync(stopping)) : Task.CompletedTask;

    private async Task HearAsync(CancellationToken cancellation)
    {
        await foreach (var piece in replica.HearAsync(cancellation))
        {
            try
            {
                foreach (var server in Merge(snapshots.Current, StatisticsDigest.Read(piece), Time))
                {
                    if (server.Cells.Statistics.LastReport is { } last && Time.GetElapsedTime(last) <= server.ExpectUpdate)
                    {
                        await freshness.ReportedAsync(server.Name, cancellation);
                    }
                }
            }
            catch (Exception e) when (IsUnreadable(e))
            {
                LogUnreadable(e);
            }
        }
    }

    [LoggerMessage(2010, LogLevel.Warning, "Statistics of another replica cannot be read; they are left out")]
    private partial void LogUnreadable(Exception e);
}
