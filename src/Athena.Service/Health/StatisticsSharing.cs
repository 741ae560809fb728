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
    internal async Task MergeAsync(byte[] piece, CancellationToken cancellation)
    {
        var (now, snapshot) = (Time.GetTimestamp(), snapshots.Current);
        long At(double age) => now - (long)(Math.Max(0, age) / 1000 * Time.TimestampFrequency);
        foreach (var (name, told) in StatisticsDigest.Read(piece).Servers)
        {
            if (snapshot.FindServer(name) is { } server
                && server.Cells.Statistics.Merge([.. told.Stats.Where(s => s.Value is [_, _]).Select(s => (s.Key, s.Value[0], At(s.Value[1])))], At(told.Age))
                && Time.GetElapsedTime(server.Cells.Statistics.LastReport ?? now, now) <= server.ExpectUpdate)
            {
                await freshness.ReportedAsync(name, cancellation);
            }
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.Kind == "etcd" ? Task.WhenAll(base.ExecuteAsync(stoppingToken), HearAsync(stoppingToken)) : Task.CompletedTask;

    private async Task HearAsync(CancellationToken cancellation)
    {
        await foreach (var piece in replica.HearAsync(cancellation))
        {
            try
            {
                await MergeAsync(piece, cancellation);
            }
            catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException)
            {
                LogUnreadable(e);
            }
        }
    }

    [LoggerMessage(2010, LogLevel.Warning, "Statistics of another replica cannot be read; they are left out")]
    private partial void LogUnreadable(Exception e);
}
