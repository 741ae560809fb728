using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Brings up to date, as time goes by, what policies prepared: ages of statistics, decayed latencies, weights worked out from reports.</summary>
/// <remarks>To be called every <see cref="Interval"/>, by one thread. Picks go on meanwhile: what they read is swapped, never locked.</remarks>
public sealed class PolicyRefresher(SnapshotHolder snapshots, TimeProvider time)
{
    /// <summary>How often to call <see cref="Refresh"/>.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Goes through all farms once.</summary>
    public void Refresh()
    {
        var now = new RefreshTime(time.GetTimestamp(), time.TimestampFrequency);
        foreach (var farm in snapshots.Current.Farms)
        {
            foreach (var group in farm.Groups)
            {
                (group.Prepared as IRefreshed)?.Refresh(now);
            }
        }
    }
}
