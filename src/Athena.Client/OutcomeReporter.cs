using System.Threading.Channels;
using Athena.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Athena.Client;

/// <summary>Reports outcomes in the background: those that wait at the same moment travel in one message of one long stream.</summary>
/// <remarks>Never delays the caller. While the service is away the newest 100,000 are kept; leases whose outcome is lost end by their time-out.</remarks>
public sealed partial class OutcomeReporter(AthenaClient client, TimeProvider time, ILogger<OutcomeReporter> logger) : BackgroundService
{
    private const int LargestMessage = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Outcome> _waiting = Channel.CreateBounded<Outcome>(
        new BoundedChannelOptions(100_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Queues an outcome.</summary>
    public void Report(Outcome outcome) => _waiting.Writer.TryWrite(outcome);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What waits is still sent, as long as the host allows.
        _waiting.Writer.TryComplete();
        if (ExecuteTask is { } sending)
        {
            await sending.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await SendAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when ((e is RpcException or InvalidOperationException) && !stoppingToken.IsCancellationRequested)
            {
                // InvalidOperationException: the service ended the stream in good order while we wrote.
                LogStreamEnded(e.Message);
                if (_waiting.Reader.Completion.IsCompleted)
                {
                    return;
                }
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        using var call = new BalancerService.BalancerServiceClient(client.Channel).BalanceStream(cancellationToken: cancellation);
        var reading = DrainAsync(call.ResponseStream, cancellation);
        while (await _waiting.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            var message = new BalanceStreamRequest();
            while (message.Outcomes.Count < LargestMessage && _waiting.Reader.TryRead(out var outcome))
            {
                message.Outcomes.Add(outcome);
            }
            await call.RequestStream.WriteAsync(message, cancellation).ConfigureAwait(false);
        }
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(false);
    }

    /// <summary>Refusals are read, or the stream's window would fill: a lease that expired meanwhile is no fault of anybody.</summary>
    private static async Task DrainAsync(IAsyncStreamReader<BalanceStreamResponse> responses, CancellationToken cancellation)
    {
        try
        {
            while (await responses.MoveNext(cancellation).ConfigureAwait(false))
            {
            }
        }
        catch (RpcException)
        {
            // The writer meets the same end and deals with it.
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "The stream of outcomes ended ({Status}); it is opened again")]
    private partial void LogStreamEnded(string status);
}
