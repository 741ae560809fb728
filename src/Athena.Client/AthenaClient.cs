using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;

namespace Athena.Client;

/// <summary>Asks Athena's service for decisions and tells it what became of them. Safe from any thread; make one and keep it.</summary>
public sealed class AthenaClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly BalancerService.BalancerServiceClient _balancer;
    private readonly StatsService.StatsServiceClient _stats;
    private readonly FleetService.FleetServiceClient _fleet;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <summary>A client of the service at this address, such as `http://127.0.0.1:7400`.</summary>
    public AthenaClient(string address)
        : this(new AthenaClientOptions { Addresses = [address] })
    {
    }

    /// <summary>A client with these options.</summary>
    /// <exception cref="OptionsValidationException">An option is not acceptable.</exception>
    public AthenaClient(AthenaClientOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = new IValidateOptions<AthenaClientOptions>[] { new AthenaClientOptionsRanges(), new AthenaClientOptionsAddresses() }
            .SelectMany(v => v.Validate(null, options).Failures ?? []).ToArray();
        if (faults.Length > 0)
        {
            throw new OptionsValidationException(nameof(AthenaClientOptions), typeof(AthenaClientOptions), faults);
        }
        _channel = ServiceChannel.Create(options);
        _balancer = new BalancerService.BalancerServiceClient(_channel);
        _stats = new StatsService.StatsServiceClient(_channel);
        _fleet = new FleetService.FleetServiceClient(_channel);
        _timeout = options.Timeout;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The channel, for services and calls that this class does not wrap.</summary>
    public GrpcChannel Channel => _channel;

    /// <summary>Longest time a call may take.</summary>
    internal TimeSpan Timeout => _timeout;

    /// <summary>Asks for a server of a farm.</summary>
    /// <exception cref="AthenaException">Nobody can serve, there is no such farm, or the service was not reached; <see cref="AthenaException.Reason"/> says which.</exception>
    public Task<BalanceResponse> BalanceAsync(string farm, CancellationToken cancellation = default) =>
        BalanceAsync(new BalanceRequest { Farm = farm }, cancellation);

    /// <summary>Asks for a server, with all that the caller knows.</summary>
    /// <exception cref="AthenaException">As above.</exception>
    public Task<BalanceResponse> BalanceAsync(BalanceRequest request, CancellationToken cancellation = default) =>
        CallAsync(_balancer.BalanceAsync(request, Options(cancellation)));

    /// <summary>Ends a lease and says what became of the decision.</summary>
    /// <exception cref="AthenaException">The outcome is not acceptable, or the service was not reached.</exception>
    public async Task<OutcomeResult> ReportOutcomeAsync(ulong decisionId, OutcomeKind kind, TimeSpan? latency = null, CancellationToken cancellation = default)
    {
        var outcome = new Outcome { DecisionId = decisionId, Kind = kind, Latency = latency is { } time ? Duration.FromTimeSpan(time) : null };
        var call = _balancer.ReportOutcomeAsync(new ReportOutcomeRequest { Outcome = outcome }, Options(cancellation));
        return (await CallAsync(call).ConfigureAwait(false)).Result;
    }

    /// <summary>Reports statistics of a server: all are taken or none. Names and ranges: `UpdateStatsRequest` in the protocol.</summary>
    /// <exception cref="AthenaException">There is no such server, a number is not acceptable, or the service was not reached.</exception>
    public Task UpdateStatsAsync(string server, IEnumerable<KeyValuePair<string, double>> stats, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stats);
        var request = new UpdateStatsRequest { Server = server };
        foreach (var (name, value) in stats)
        {
            request.Stats[name] = value;
        }
        return CallAsync(_stats.UpdateStatsAsync(request, Options(cancellation)));
    }

    /// <summary>Sets the state of a server, in one farm or in all.</summary>
    /// <exception cref="AthenaException">There is no such farm, server or member, the request is not acceptable, or the service was not reached.</exception>
    public Task<SetMemberStateResponse> SetMemberStateAsync(SetMemberStateRequest request, CancellationToken cancellation = default) =>
        CallAsync(_fleet.SetMemberStateAsync(request, Options(cancellation)));

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static async Task<T> CallAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            throw new AthenaException(e);
        }
    }

    private CallOptions Options(CancellationToken cancellation) =>
        new(deadline: _time.GetUtcNow().UtcDateTime + _timeout, cancellationToken: cancellation);
}
