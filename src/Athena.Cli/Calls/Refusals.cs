using Google.Rpc;
using Grpc.Core;

namespace Athena.Cli.Calls;

/// <summary>Answers of the service that repeating does not change; being away is another matter.</summary>
internal static class Refusals
{
    public static bool Is(RpcException error) =>
        error.StatusCode is StatusCode.Unimplemented or StatusCode.InvalidArgument or StatusCode.AlreadyExists or StatusCode.FailedPrecondition or StatusCode.PermissionDenied or StatusCode.NotFound;

    /// <summary>Whether something refers to what should go.</summary>
    public static bool IsInUse(RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason == "IN_USE";

    /// <summary>What refers to what should go: `farms/NAME`, `servers/NAME`.</summary>
    public static IEnumerable<string> UsersOf(RpcException error) => error.GetRpcStatus()?.GetDetail<PreconditionFailure>()?.Violations.Select(v => v.Subject) ?? [];
}
