using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Athena.Service.Contract;

/// <summary>Writes a status as transcoding does: google.rpc.Status as JSON, with the HTTP status that belongs to its code.</summary>
internal static class HttpErrors
{
    /// <summary>The kinds of details that a status carries.</summary>
    public static TypeRegistry DetailTypes { get; } = TypeRegistry.FromMessages(
        ErrorInfo.Descriptor, BadRequest.Descriptor, RetryInfo.Descriptor, ResourceInfo.Descriptor, QuotaFailure.Descriptor, PreconditionFailure.Descriptor);

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(DetailTypes));

    public static Task WriteAsync(HttpContext context, Status status, int? httpStatus = null)
    {
        context.Response.StatusCode = httpStatus ?? HttpStatusOf((StatusCode)status.Code);
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(Formatter.Format(status), context.RequestAborted);
    }

    /// <summary>The HTTP status of a gRPC code, as transcoding maps it.</summary>
    public static int HttpStatusOf(StatusCode code) => code switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.Cancelled => StatusCodes.Status408RequestTimeout,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Gives an answer that has only a status code (no such route, no such method) its body.</summary>
    public static Task WriteForEmptyAnswer(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => WriteAsync(context, ApiErrors.RouteNotFound(context.Request.Path)),
        StatusCodes.Status405MethodNotAllowed => WriteAsync(context, ApiErrors.MethodNotAllowed(context.Request.Method, context.Response.Headers.Allow.ToString()), StatusCodes.Status405MethodNotAllowed),
        _ => Task.CompletedTask,
    };
}
