namespace Athena.Engine.Farms;

/// <summary>The one door between State, which writes, and Engine, which reads.</summary>
public sealed class SnapshotHolder
{
    private volatile Snapshot _current = Snapshot.Empty;

    /// <summary>Read it once per decision and keep that copy: two reads may differ.</summary>
    public Snapshot Current => _current;

    /// <summary>Called by State alone, which makes its changes one after another: store first, then publish.</summary>
    public void Publish(Snapshot next) => _current = next;
}
