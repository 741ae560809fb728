using System.Text;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>Answers requests under the engine paths; whatever is not one of the functions ends here too, as text.</summary>
/// <remarks>
/// Stands before routing, and answers by itself: transcoding cannot bind a query without keys, and its way costs about a fifth
/// of a request's processor time (docs/benchmarks.md). /v1/classic/... takes that way.
/// </remarks>
internal sealed partial class ClassicPaths(RequestDelegate next, IOptions<EnginePathOptions> paths, IOptions<ClassicOptions> options, ClassicFunctions functions, ILogger<ClassicPaths> logger)
{
    // The longest first: one may lie under another.
    private readonly PathString[] _paths = [.. paths.Value.EnginePaths.OrderByDescending(p => p.Length).Select(p => new PathString(p))];
    private readonly bool _alwaysOk = options.Value.AlwaysOk;

    public Task InvokeAsync(HttpContext context)
    {
        foreach (var path in _paths)
        {
            if (context.Request.Path.StartsWithSegments(path, out var function))
            {
                return AnswerAsync(context, function.Value!.Trim('/'));
            }
        }
        return next(context);
    }

    private Task AnswerAsync(HttpContext context, string function)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        if (function == "balance" && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
        {
            try
            {
                return WriteAsync(response, functions.Balance(QueryOf(request)));
            }
            catch (Exception e)
            {
                return FailAsync(response, e, function);
            }
        }
        return AnswerOtherAsync(context, function);
    }

    private async Task AnswerOtherAsync(HttpContext context, string function)
    {
        var (request, response) = (context.Request, context.Response);
        if (ClassicFunctions.KindOf(function) is not { } kind)
        {
            await WriteAsync(response, new ClassicFault(StatusCodes.Status404NotFound, $"no function '{ClassicFault.Shown(function)}' here; there are {ClassicFunctions.Names}"));
            return;
        }
        var methods = functions.Methods(kind);
        if (!methods.Split(", ").Contains(request.Method, StringComparer.OrdinalIgnoreCase))
        {
            response.Headers.Allow = methods;
            await WriteAsync(response, new ClassicFault(StatusCodes.Status405MethodNotAllowed, $"{function} has no method {ClassicFault.Shown(request.Method)}; it has {methods}"));
            return;
        }
        try
        {
            // HEAD is answered as GET; the server leaves the body out.
            var (query, body) = (QueryOf(request), (string?)null);
            if (HttpMethods.IsPost(request.Method))
            {
                (body, var fault) = await ClassicBody.ReadAsync(request, kind == ClassicKind.Mirror ? ClassicBody.MaxImport : ClassicText.MaxLength);
                if (fault is not null)
                {
                    await WriteAsync(response, fault);
                    return;
                }
                if (kind == ClassicKind.Write)
                {
                    if (query.Length > 0 && body!.Length > 0)
                    {
                        await WriteAsync(response, ClassicFault.Syntax("both the query and the body say what to set; give one of them"));
                        return;
                    }
                    (query, body) = (body!.Length > 0 ? body : query, null);
                }
            }
            await WriteAsync(response, await functions.AnswerAsync(function, query, body, context));
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(response, e, function);
        }
    }

    private static string QueryOf(HttpRequest request) => request.QueryString.Value is { Length: > 1 } query ? query[1..] : "";

    private Task FailAsync(HttpResponse response, Exception e, string function)
    {
        LogUnforeseen(e, function);
        return WriteAsync(response, new ClassicFault(StatusCodes.Status500InternalServerError, "the service failed; its log has the details"));
    }

    private Task WriteAsync(HttpResponse response, ClassicFault fault) => WriteAsync(response, ClassicReply.Failed(fault));

    private Task WriteAsync(HttpResponse response, in ClassicReply reply)
    {
        if (reply.Farm is { } farm)
        {
            response.Headers["Athena-Farm"] = farm;
            response.Headers["Athena-Forwarded"] = reply.IsForwarded ? "1" : "0";
            if (reply.Server is { } server)
            {
                response.Headers["Athena-Server"] = server;
            }
            if (reply.Address is { } address && Ascii.IsValid(address))
            {
                response.Headers["Athena-Address"] = address;
            }
        }
        var bytes = Encoding.UTF8.GetBytes(reply.Fault?.Line ?? reply.Text);
        response.StatusCode = _alwaysOk ? StatusCodes.Status200OK : reply.Fault?.HttpStatus ?? StatusCodes.Status200OK;
        response.ContentType = ClassicApi.ContentType;
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes).AsTask();
    }

    [LoggerMessage(3101, LogLevel.Error, "The classic function {Function} failed in a way nobody foresaw")]
    private partial void LogUnforeseen(Exception e, string function);
}
