using System.Text;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>Answers requests under the engine paths, from <see cref="ClassicApi"/>; whatever is not one of its functions ends here too, as text.</summary>
/// <remarks>
/// Stands before routing, and answers by itself: transcoding cannot bind a query without keys, and its way costs about a fifth
/// of a request's processor time (docs/benchmarks.md). /v1/classic/balance takes that way.
/// </remarks>
internal sealed class ClassicPaths(RequestDelegate next, IOptions<ClassicOptions> options, ClassicApi classic)
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
        // HEAD is answered as GET; the server leaves the body out.
        var answer = ClassicAnswer.Of(response);
        var text = classic.BalanceText(query[1..], answer);
        return WriteAsync(response, answer.HttpStatus, text);
    }

    private static Task FailAsync(HttpResponse response, int status, string message) => WriteAsync(response, status, $"ERROR {message}\n");

    private static Task WriteAsync(HttpResponse response, int status, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        response.StatusCode = status;
        response.ContentType = ClassicApi.ContentType;
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes).AsTask();
    }

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
