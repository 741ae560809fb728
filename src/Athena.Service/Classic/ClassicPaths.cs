using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>Leads requests under the engine paths to <see cref="ClassicApi"/>; whatever is not one of its functions ends here, as text.</summary>
/// <remarks>Stands before routing: transcoding cannot bind a query without keys, so the whole query becomes one field.</remarks>
internal sealed class ClassicPaths(RequestDelegate next, IOptions<ClassicOptions> options)
{
    private readonly PathString[] _paths = [.. options.Value.EnginePaths.Select(p => new PathString(p))];

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
        if (function != "balance")
        {
            return FailAsync(response, StatusCodes.Status404NotFound, $"no function '{Shown(function)}' here; there is balance");
        }
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            return FailAsync(response, StatusCodes.Status405MethodNotAllowed, $"{function} has no method {Shown(request.Method)}; it has GET and HEAD");
        }
        if (request.QueryString.Value is not { Length: > 1 } query)
        {
            return FailAsync(response, StatusCodes.Status400BadRequest, ClassicQuery.Usage);
        }
        ClassicAnswer.Begin(context);
        // HEAD is answered as GET; the server leaves the body out.
        request.Method = HttpMethods.Get;
        request.Path = "/v1/classic/balance";
        request.QueryString = new QueryString("?raw=" + Uri.EscapeDataString(query[1..]));
        return next(context);
    }

    private static Task FailAsync(HttpResponse response, int status, string message)
    {
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync($"ERROR {message}\n");
    }

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
