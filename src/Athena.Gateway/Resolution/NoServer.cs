using System.Text.Json;
using Athena.Client;
using Grpc.Core;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace Athena.Gateway.Resolution;

/// <summary>What a visitor gets when there is no server: 503, or 429 when the farm is over its capacity; a page or problem+json, by `Accept`.</summary>
internal static class NoServer
{
    private const string Page = """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>{0}</title></head>
        <body style="font-family:system-ui,sans-serif;margin:4rem auto;max-width:40rem"><h1>{0}</h1><p>{1}</p></body></html>

        """;

    private static readonly System.Text.CompositeFormat PageFormat = System.Text.CompositeFormat.Parse(Page);

    public static Task AnswerAsync(HttpContext context, AthenaException why) =>
        AnswerAsync(context, why.StatusCode == StatusCode.ResourceExhausted, why.Reason.Length > 0 ? why.Reason : "SERVICE_UNREACHED");

    /// <summary>429 for a reason of the gateway's own.</summary>
    public static Task BusyAsync(HttpContext context, string reason) => AnswerAsync(context, busy: true, reason);

    private static Task AnswerAsync(HttpContext context, bool busy, string reason)
    {
        var status = busy ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable;
        var (title, text) = busy
            ? ("Too many requests", "This service is at its capacity. Please try again in a moment.")
            : ("Service unavailable", "No server can take this request at the moment. Please try again shortly.");
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.RetryAfter = "1";
        response.Headers.CacheControl = "no-store";
        if (WantsPage(context.Request))
        {
            response.ContentType = "text/html; charset=utf-8";
            return response.WriteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, PageFormat, title, text), context.RequestAborted);
        }
        // The reason is Athena's own word; its text may name servers, which are nobody's business outside.
        var problem = new ProblemDetails { Status = status, Title = title, Detail = text, Extensions = { ["reason"] = reason } };
        return response.WriteAsJsonAsync(problem, (JsonSerializerOptions?)null, "application/problem+json", context.RequestAborted);
    }

    private static bool WantsPage(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) && accepted.Any(a => a.MatchesMediaType("text/html") && !a.MatchesAllTypes);
}
