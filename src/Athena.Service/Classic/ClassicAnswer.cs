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

    /// <summary>The answer of a call that came by gRPC or by its own route, without HTTP.</summary>
    public static ClassicAnswer OfCall() => new(null);

    /// <summary>The answer of a request under an engine path.</summary>
    public static ClassicAnswer Of(HttpResponse response) => new(response.Headers);

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
