namespace Athena.Engine.Farms;

/// <summary>A count that threads change at once without waiting for one another's cache lines: each stripe of threads has its own. Takes memory once it is changed.</summary>
internal sealed class StripedCount
{
    private ApartLong[]? _parts;

    /// <summary>The count: exact while nobody changes it, and never below zero.</summary>
    public long Value
    {
        get
        {
            var sum = 0L;
            foreach (ref var part in Volatile.Read(ref _parts).AsSpan())
            {
                sum += Volatile.Read(ref part.Value);
            }
            // What went up in a stripe read early and down in one read late would be missing.
            return Math.Max(0, sum);
        }
    }

    /// <summary>One more.</summary>
    public void Increment() => Interlocked.Increment(ref Mine);

    /// <summary>One less, whatever thread counted it.</summary>
    public void Decrement() => Interlocked.Decrement(ref Mine);

    private ref long Mine => ref (_parts ?? Begin())[CounterBlock.Mine + 1].Value;

    private ApartLong[] Begin() => LazyInitializer.EnsureInitialized(ref _parts, () => new ApartLong[CounterBlock.Stripes + 2]);
}
