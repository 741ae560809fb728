using Athena.Engine.Policies;

namespace Athena.Engine.Farms;

/// <summary>The one door between State, which writes, and Engine, which reads.</summary>
public sealed class SnapshotHolder
{
    private volatile Snapshot _current = Snapshot.Empty;

    /// <summary>Read it once per decision and keep that copy: two reads may differ.</summary>
    public Snapshot Current => _current;

    /// <summary>Called by State alone, which makes its changes one after another: store first, then publish.</summary>
    public void Publish(Snapshot next)
    {
        var previous = _current;
        for (var i = 0; i < next.Farms.Count; i++)
        {
            if (i >= previous.Farms.Count || !ReferenceEquals(next.Farms[i], previous.Farms[i]))
            {
                Array.ForEach(next.Farms[i].Groups, g => (g.Prepared as IWatching)?.Watch());
            }
        }
        _current = next;
        for (var i = 0; i < previous.Farms.Count; i++)
        {
            if (i >= next.Farms.Count || !ReferenceEquals(next.Farms[i], previous.Farms[i]))
            {
                Array.ForEach(previous.Farms[i].Groups, g => (g.Prepared as IWatching)?.Unwatch());
            }
        }
    }
}
