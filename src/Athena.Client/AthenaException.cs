using Google.Rpc;
using Grpc.Core;

namespace Athena.Client;

/// <summary>The service answered that it cannot, or could not be reached; or a decision in this process found nobody.</summary>
public sealed class AthenaException : Exception
{
    internal AthenaException(RpcException cause)
        : base(cause.Status.Detail, cause)
    {
        StatusCode = cause.StatusCode;
        var info = cause.GetRpcStatus()?.GetDetail<ErrorInfo>();
        Reason = info?.Domain == "athena" ? info.Reason : "";
        Metadata = info?.Metadata.ToDictionary() ?? [];
    }

    /// <summary>For a decision made in this process, in the service's words.</summary>
    internal AthenaException(StatusCode status, string reason, string message)
        : base(message) => (StatusCode, Reason, Metadata) = (status, reason, new Dictionary<string, string>());

    /// <summary>gRPC status.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>Reason, such as `NO_AVAILABLE_MEMBER` (see `ErrorReason` in the protocol). Empty when the answer is not the service's own: it was not reached.</summary>
    public string Reason { get; }

    /// <summary>What the reason says more precisely.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }
}
