using Athena.Engine.Farms;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Athena.Service.Health.Checks;

/// <summary>grpc.health.v1 Check: SERVING is up; so is a server that does not know the protocol, for it answers.</summary>
internal sealed class GrpcProbe(CheckHandler handler) : ICheckProbe
{
    public CheckKind Kind => CheckKind.Grpc;

    public async Task<string?> AskAsync(Uri address, CheckDefinition check, CancellationToken cancellation)
    {
        using var channel = GrpcChannel.ForAddress(CheckHandler.BaseOf(address), new GrpcChannelOptions { HttpClient = handler.Client });
        try
        {
            var answer = await new Grpc.Health.V1.Health.HealthClient(channel)
                .CheckAsync(new HealthCheckRequest { Service = check.Path ?? "" }, new CallOptions(cancellationToken: cancellation));
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? null : $"gRPC health {answer.Status}";
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            return null;
        }
        catch (RpcException e)
        {
            return $"gRPC status {e.StatusCode}";
        }
    }
}
