namespace Athena.Engine.Farms;

/// <summary>Gives each server its counters, next to those of the servers made before and after it. Used by one thread at a time.</summary>
/// <remarks>A place is given once: an old snapshot's last decisions may still count there. Blocks go when no server is left that has a place in them.</remarks>
internal sealed class CounterBlocks
{
    private CounterBlock _block = new();
    private int _given;

    public ServerCounters Next()
    {
        if (_given == CounterBlock.Size)
        {
            (_block, _given) = (new CounterBlock(), 0);
        }
        return new ServerCounters(_block, _given++);
    }
}
