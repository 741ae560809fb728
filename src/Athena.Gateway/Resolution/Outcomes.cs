using Athena.V1;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Resolution;

/// <summary>What became of an attempt, by what YARP left behind.</summary>
internal static class Outcomes
{
    public static OutcomeKind KindOf(HttpContext context)
    {
        if (context.GetForwarderErrorFeature() is { } error)
        {
            return error.Error switch
            {
                ForwarderError.RequestTimedOut => IsConnectFailure(error.Exception) ? OutcomeKind.ConnectFailure : OutcomeKind.Timeout,
                ForwarderError.Request => IsConnectFailure(error.Exception) ? OutcomeKind.ConnectFailure : OutcomeKind.ServerError,
                ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled
                    or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeResponseCanceled
                    or ForwarderError.RequestBodyClient or ForwarderError.ResponseBodyClient
                    or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient or ForwarderError.UpgradeActivityTimeout => OutcomeKind.Cancelled,
                _ => OutcomeKind.ServerError,
            };
        }
        return context.RequestAborted.IsCancellationRequested ? OutcomeKind.Cancelled
            : context.Response.StatusCode >= StatusCodes.Status500InternalServerError ? OutcomeKind.ServerError
            : OutcomeKind.Success;
    }

    /// <summary>Whether there was never a connection, so that the server saw nothing of the request.</summary>
    public static bool IsConnectFailure(Exception? exception)
    {
        // No other time-out is of the client's own making: the connection did not come about within ConnectTimeout.
        if (exception is OperationCanceledException { InnerException: TimeoutException })
        {
            return true;
        }
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is HttpRequestException http)
            {
                return http.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            }
        }
        return false;
    }
}
