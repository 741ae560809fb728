using Athena.Service.Contract;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Athena.Service.Classic;

/// <summary>What a classic answer has beside its text: an HTTP status and headers. Over gRPC there is no such thing, and errors are statuses.</summary>
internal sealed class ClassicAnswer
{
    private readonly IHeaderDictionary? _headers;

    private ClassicAnswer(IHeaderDictionary? headers) => _headers = headers;

    /// <summary>HTTP status to answer with.</summary>
    public int HttpStatus { get; private set; } = StatusCodes.Status200OK;

    /// <summary>The answer that <see cref="ClassicPaths"/> began, or one without HTTP when the call came by gRPC or by its own route.</summary>
    public static ClassicAnswer Of(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<ClassicAnswer>() ?? new ClassicAnswer(null);

    /// <summary>Begins the answer of a request under an engine path.</summary>
    public static ClassicAnswer Begin(HttpContext context)
    {
        var answer = new ClassicAnswer(context.Response.Headers);
        context.Features.Set(answer);
        context.Response.OnStarting(static state =>
        {
            var (response, answer) = ((HttpResponse, ClassicAnswer))state;
            response.StatusCode = answer.HttpStatus;
            return Task.CompletedTask;
        }, (context.Response, answer));
        return answer;
    }

    /// <summary>Names the server and farm in headers, so that a caller need not read the body.</summary>
    public void Chosen(string? server, string farm, bool forwarded)
    {
        if (_headers is null)
        {
            return;
        }
        if (server is not null)
        {
            _headers["Athena-Server"] = server;
        }
        _headers["Athena-Farm"] = farm;
        _headers["Athena-Forwarded"] = forwarded ? "1" : "0";
    }

    /// <summary>The text of an error; over gRPC the call fails instead.</summary>
    public string Fail(Status error, string? message = null, int? httpStatus = null)
    {
        if (_headers is null)
        {
            throw error.AsException();
        }
        HttpStatus = httpStatus ?? HttpErrors.HttpStatusOf((StatusCode)error.Code);
        return ErrorLine(message ?? error.Message);
    }

    public static string ErrorLine(Status error) => ErrorLine(error.Message);

    private static string ErrorLine(string message) => $"ERROR {message}\n";
}
