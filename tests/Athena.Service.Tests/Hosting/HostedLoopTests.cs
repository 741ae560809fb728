using System.Collections.Concurrent;
using Athena.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Athena.Service.Tests.Hosting;

public sealed class HostedLoopTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_start_that_fails_elsewhere_is_no_fault_of_the_loops_that_run()
    {
        var (log, loop) = (new Log(), new Loop());
        using (var host = HostOf(log, loop, new Start(async cancellation =>
        {
            await loop.Running.WaitAsync(Deadline, cancellation);
            throw new InvalidDataException("the true fault");
        })))
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => host.StartAsync().WaitAsync(Deadline));
        }
        Assert.True(await loop.Cancelled.WaitAsync(Deadline));
        Assert.DoesNotContain(log.Faults, f => f.Exception is OperationCanceledException);
    }

    [Fact]
    public async Task A_start_that_is_called_off_is_no_fault_of_the_loops_that_run()
    {
        var (log, loop) = (new Log(), new Loop());
        using (var off = new CancellationTokenSource())
        using (var host = HostOf(log, loop, new Start(async cancellation =>
        {
            await loop.Running.WaitAsync(Deadline, CancellationToken.None);
            await off.CancelAsync();
            await loop.Cancelled.WaitAsync(Deadline, CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
        })))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.StartAsync(off.Token).WaitAsync(Deadline));
        }
        Assert.DoesNotContain(log.Faults, f => f.Category.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal) && f.Text.Contains("BackgroundService", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_loop_that_fails_stops_the_host()
    {
        var (log, loop) = (new Log(), new Loop());
        using var host = HostOf(log, loop);
        await host.StartAsync();
        loop.Fail(new InvalidDataException("the loop's fault"));
        await host.WaitForShutdownAsync().WaitAsync(Deadline);
        Assert.Contains(log.Faults, f => f.Exception is InvalidDataException);
    }

    [Fact]
    public async Task A_loop_ends_with_its_host_without_a_word()
    {
        var (log, loop) = (new Log(), new Loop());
        using var host = HostOf(log, loop);
        await host.StartAsync();
        await loop.Running.WaitAsync(Deadline);
        await host.StopAsync().WaitAsync(Deadline);
        Assert.True(loop.Cancelled.IsCompletedSuccessfully);
        Assert.Empty(log.Faults);
    }

    private static IHost HostOf(Log log, params IHostedService[] services)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        foreach (var service in services)
        {
            // Disposed with the host, as an instance would not be.
            builder.Services.AddSingleton(_ => service);
        }
        return builder.Build();
    }

    private sealed class Loop : HostedLoop
    {
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<bool> _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Running => _running.Task;

        public Task<bool> Cancelled => _cancelled.Task;

        public void Fail(Exception fault) => _failed.SetException(fault);

        protected override async Task RunAsync(CancellationToken stopping)
        {
            _running.SetResult();
            try
            {
                await _failed.Task.WaitAsync(stopping);
            }
            finally
            {
                _cancelled.SetResult(stopping.IsCancellationRequested);
            }
        }
    }

    private sealed class Start(Func<CancellationToken, Task> start) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => start(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>What is logged as an error or worse.</summary>
    private sealed class Log : ILoggerProvider
    {
        private readonly ConcurrentQueue<(string, string, Exception?)> _faults = new();

        public IReadOnlyCollection<(string Category, string Text, Exception? Exception)> Faults => _faults;

        public ILogger CreateLogger(string categoryName) => new Writer(categoryName, _faults);

        public void Dispose()
        {
        }

        private sealed class Writer(string category, ConcurrentQueue<(string, string, Exception?)> faults) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (IsEnabled(logLevel))
                {
                    faults.Enqueue((category, formatter(state, exception), exception));
                }
            }
        }
    }
}
