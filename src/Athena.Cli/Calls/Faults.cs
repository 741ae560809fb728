using System.Net.Http;
using Athena.Cli.Output;
using Google.Rpc;
using Grpc.Core;

namespace Athena.Cli.Calls;

/// <summary>Says what went wrong with a call, what to do next, and what the tool ends with.</summary>
internal static class Faults
{
    /// <summary>Lines for people: the first is what is wrong, the others what to do.</summary>
    public static (int ExitCode, IReadOnlyList<string> Lines) Explain(RpcException error, string address)
    {
        var info = error.GetRpcStatus()?.GetDetail<ErrorInfo>();
        if (info is null or not { Domain: "athena" })
        {
            return NotTheService(error, address);
        }
        var farm = info.Metadata.GetValueOrDefault("farm", "");
        var detail = Terminal.Clean(error.Status.Detail);
        return info.Reason switch
        {
            "FARM_NOT_FOUND" => (ExitCodes.Refused, [detail, "`athena farms` lists the farms"]),
            "SERVER_NOT_FOUND" => (ExitCodes.Refused, [detail, "`athena servers` lists the servers"]),
            "MEMBER_NOT_FOUND" => (ExitCodes.Refused, [detail, $"`athena farms {farm}` lists its members"]),
            "NO_AVAILABLE_MEMBER" => (ExitCodes.NoServer, [$"{detail}: {Counts(info)}", $"`athena farms {farm}` shows why"]),
            "FARM_OFF" => (ExitCodes.NoServer, [detail, $"`athena set on farm/{farm}` switches it on, `athena forward farm/{farm} --off TARGET` says where to go meanwhile"]),
            "ENGINE_OFF" => (ExitCodes.NoServer, [detail, "`athena set on --engine` switches it on"]),
            "REVISION_MISMATCH" => (ExitCodes.Refused, [detail, "somebody changed something meanwhile; look again, then repeat"]),
            "CHANGE_NOT_FOUND" or "CHANGE_SUPERSEDED" => (ExitCodes.Refused, [detail, "`athena changes` lists what can be undone"]),
            "NOT_YET_AVAILABLE" => (ExitCodes.Refused, [$"{detail}: the service at {address} is older than this tool"]),
            _ => (ExitCodes.Refused, [detail]),
        };
    }

    private static (int, IReadOnlyList<string>) NotTheService(RpcException error, string address) => error.StatusCode switch
    {
        StatusCode.DeadlineExceeded => (ExitCodes.NotReached, [$"{address} did not answer in time", "`--timeout 30s` waits longer"]),
        StatusCode.Unimplemented => (ExitCodes.Refused, [$"{address} does not know this call", "is it Athena, and not older than this tool?"]),
        _ when SpeaksNoHttp2(error) => (ExitCodes.NotReached, [$"{address} does not speak gRPC", "give the service's gRPC address (7400 by default, not 7401) with --service or ATHENA_SERVICE"]),
        StatusCode.Unavailable or StatusCode.Internal =>
            (ExitCodes.NotReached, [$"{address} was not reached: {Cause(error)}", "start the service (`dotnet run --project src/Athena.Service`), or say where it is with --service or ATHENA_SERVICE"]),
        _ => (ExitCodes.Refused, [$"{address}: {error.StatusCode}: {Terminal.Clean(error.Status.Detail)}"]),
    };

    /// <summary>Whether somebody answered, but not in HTTP/2: which of the errors around it says so depends on how far the greeting came.</summary>
    private static bool SpeaksNoHttp2(RpcException error)
    {
        for (var cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            var kind = (cause as HttpRequestException)?.HttpRequestError ?? (cause as HttpIOException)?.HttpRequestError;
            if (kind is HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError or HttpRequestError.ResponseEnded)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The innermost cause: `Connection refused` says more than what is wrapped around it.</summary>
    private static string Cause(RpcException error)
    {
        var cause = error.Status.DebugException;
        while (cause?.InnerException is { } inner)
        {
            cause = inner;
        }
        return Terminal.Clean(cause?.Message ?? error.Status.Detail);
    }

    /// <summary>The counts of a farm without servers: `3 members: 1 off, 2 down`.</summary>
    private static string Counts(ErrorInfo info)
    {
        string[] kinds = ["off", "drain", "down", "out", "ejected", "full", "excluded"];
        var found = kinds.Select(k => (Kind: k, Count: info.Metadata.GetValueOrDefault(k, "0"))).Where(c => c.Count != "0").Select(c => $"{c.Count} {c.Kind}");
        return $"{info.Metadata.GetValueOrDefault("members", "0")} members: {string.Join(", ", found)}".TrimEnd(':', ' ');
    }
}
