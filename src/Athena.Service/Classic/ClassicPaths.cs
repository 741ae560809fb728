namespace Athena.Service.Classic;

/// <summary>Leads requests under the engine paths to <see cref="ClassicApi"/>; whatever is not one of its functions ends here, as text.</summary>
/// <remarks>Stands before routing: transcoding cannot bind a query without keys, so the whole query becomes one field.</remarks>
internal sealed class ClassicPaths(RequestDelegate next, IConfiguration configuration)
{
    private readonly PathString[] _paths = Configured(configuration);

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

    /// <summary>The engine paths: `Athena:EnginePaths`, by default `/ath` and `/athena`.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">One is not a path.</exception>
    private static PathString[] Configured(IConfiguration configuration)
    {
        var paths = configuration.GetSection("Athena:EnginePaths").GetChildren().Select(p => p.Value ?? "").DefaultIfEmpty().ToArray();
        if (paths is [null])
        {
            paths = ["/ath", "/athena"];
        }
        var faults = paths.Where(p => !p!.StartsWith('/') || p.Length < 2 || p.EndsWith('/') || p.Contains("//", StringComparison.Ordinal))
            .Select(p => $"Athena:EnginePaths: '{p}' is not a path such as /ath").ToArray();
        return faults.Length == 0
            ? Array.ConvertAll(paths, p => new PathString(p))
            : throw new Microsoft.Extensions.Options.OptionsValidationException("Athena:EnginePaths", typeof(string[]), faults);
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
