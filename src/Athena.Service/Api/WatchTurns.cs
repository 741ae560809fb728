namespace Athena.Service.Api;

/// <summary>Turns of writing: few watchers write at once, and decisions come between, so that they find the processors free however many watchers there are.</summary>
/// <remarks>Turns come as fast as leaves the process half of the machine's processor time: what is written goes on costing in Kestrel and in the system, which no count of writers bounds.</remarks>
internal sealed class WatchTurns : IDisposable
{
    /// <summary>Turns after which the processor time is looked at: about two milliseconds of it.</summary>
    public const int Stretch = 64;

    /// <summary>Longest rest after a stretch: watchers go on when decisions take more than half of the machine by themselves.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(10);

    private readonly TimeProvider _time;
    private readonly int _processors;
    private readonly Func<TimeSpan> _processorTime;
    private readonly SemaphoreSlim _turns;
    private readonly Lock _access = new();
    private int _wanted;
    private int _taken;
    private TimeSpan _used;
    private TimeSpan _debt;
    private long _looked;
    private TaskCompletionSource? _idle;

    public WatchTurns(TimeProvider time)
        : this(time, Environment.ProcessorCount, static () => Environment.CpuUsage.TotalTime)
    {
    }

    /// <param name="processors">Processors of the machine: a turn for every four.</param>
    /// <param name="processorTime">What the process has used of them so far.</param>
    internal WatchTurns(TimeProvider time, int processors, Func<TimeSpan> processorTime)
    {
        (_time, _processors, _processorTime) = (time, processors, processorTime);
        _turns = new SemaphoreSlim(Math.Max(1, processors / 4));
        _looked = time.GetTimestamp();
        _used = processorTime();
    }

    public async ValueTask BeginAsync(CancellationToken cancellation)
    {
        lock (_access)
        {
            _wanted++;
        }
        try
        {
            await _turns.WaitAsync(cancellation);
        }
        catch
        {
            Leave();
            throw;
        }
        // To the end of the pool's common queue. Whoever gives a turn away puts the next writer into its thread's own queue, which goes before all
        // others: writers would have the thread to themselves until the last of them was done.
        await Task.Yield();
        if (Interlocked.Increment(ref _taken) % Stretch == 0 && Debt() is var rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, _time, CancellationToken.None);
        }
    }

    public void End()
    {
        _turns.Release();
        Leave();
    }

    /// <summary>Ends when nobody has or wants a turn.</summary>
    public Task IdleAsync()
    {
        lock (_access)
        {
            return _wanted == 0 ? Task.CompletedTask : (_idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public void Dispose() => _turns.Dispose();

    /// <summary>What is left of twice the processor time that the process used, after the time that went by.</summary>
    private TimeSpan Debt()
    {
        var used = _processorTime();
        lock (_access)
        {
            var debt = _debt + ((used - _used) * 2 / _processors) - _time.GetElapsedTime(_looked);
            (_used, _looked) = (used, _time.GetTimestamp());
            return _debt = debt > LongestRest ? LongestRest : debt < TimeSpan.Zero ? TimeSpan.Zero : debt;
        }
    }

    private void Leave()
    {
        TaskCompletionSource? idle = null;
        lock (_access)
        {
            if (--_wanted == 0)
            {
                (idle, _idle) = (_idle, null);
            }
        }
        idle?.SetResult();
    }
}
