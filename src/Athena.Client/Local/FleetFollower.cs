using Athena.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Athena.Client.Local;

/// <summary>Follows the service's fleet and hands it to the local balancer and, if there is one, to the file.</summary>
internal sealed partial class FleetFollower : IAsyncDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    private readonly WatchService.WatchServiceClient _watch;
    private readonly LocalBalancer _local;
    private readonly string? _file;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _access = new();
    private readonly FleetCopy _copy = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _following;
    private readonly Task _writing;
    private long _written;
    private long _heardAt;

    public FleetFollower(AthenaClient client, LocalBalancer local, string? file, TimeProvider time, ILogger logger)
    {
        _watch = new WatchService.WatchServiceClient(client.Channel);
        (_local, _file, _time, _logger) = (local, string.IsNullOrEmpty(file) ? null : file, time, logger);
        _heardAt = time.GetTimestamp();
        Load();
        _following = Task.Run(FollowAsync);
        _writing = _file is null ? Task.CompletedTask : Task.Run(WriteAsync);
    }

    /// <summary>Raised when the fleet changed.</summary>
    public event Action? Changed;

    /// <summary>Ends when a fleet was told or the service was not reached: nothing better is to be had by waiting.</summary>
    public Task FirstAsync => _first.Task;

    /// <summary>Time since the service last told anything, a bookmark included, or since the start.</summary>
    public TimeSpan Age => _time.GetElapsedTime(Volatile.Read(ref _heardAt));

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_following, _writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_file is not null)
        {
            Save(_file);
        }
        _ended.Dispose();
    }

    private void Load()
    {
        try
        {
            if (_file is not null && FleetFile.Read(_file) is { } fleet)
            {
                Take(fleet);
                _written = fleet.Revision;
                LogLoaded(_file, fleet.Revision);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            LogNotRead(e.Message);
        }
    }

    private async Task FollowAsync()
    {
        var pause = ShortestPause;
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                using var call = _watch.WatchFleet(new WatchFleetRequest(), cancellationToken: _ended.Token);
                while (await call.ResponseStream.MoveNext(_ended.Token).ConfigureAwait(false))
                {
                    Volatile.Write(ref _heardAt, _time.GetTimestamp());
                    Take(call.ResponseStream.Current);
                    pause = ShortestPause;
                }
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                // The stream of decisions tells of it, or will.
            }
            _first.TrySetResult();
            await Task.Delay(pause, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private void Take(WatchFleetResponse step)
    {
        var isBookmark = !step.Snapshot && step is { Farms.Count: 0, Servers.Count: 0, RemovedFarms.Count: 0, RemovedServers.Count: 0 };
        lock (_access)
        {
            _copy.Take(step);
            if (!isBookmark && _local.Use(_copy) is { } fault)
            {
                LogRefused(step.Revision, fault);
            }
        }
        _first.TrySetResult();
        if (!isBookmark)
        {
            Changed?.Invoke();
        }
    }

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(BetweenWrites, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false))
            {
                Save(_file!);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private void Save(string file)
    {
        WatchFleetResponse fleet;
        lock (_access)
        {
            if (_copy.Revision == _written)
            {
                return;
            }
            fleet = _copy.ToSnapshot();
            _written = fleet.Revision;
        }
        try
        {
            FleetFile.Write(file, fleet);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(file, e.Message);
        }
    }

    [LoggerMessage(5002, LogLevel.Information, "The fleet of revision {Revision} was read from {File}; it holds until the service tells another")]
    private partial void LogLoaded(string file, long revision);

    [LoggerMessage(5003, LogLevel.Warning, "The kept fleet cannot be read and is left aside: {Fault}")]
    private partial void LogNotRead(string fault);

    [LoggerMessage(5004, LogLevel.Warning, "The fleet cannot be kept in {File}: {Fault}")]
    private partial void LogNotWritten(string file, string fault);

    [LoggerMessage(5005, LogLevel.Error, "The fleet of revision {Revision} cannot be decided by here, the last good one stays: {Fault}")]
    private partial void LogRefused(long revision, string fault);
}
