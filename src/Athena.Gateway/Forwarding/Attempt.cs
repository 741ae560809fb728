using Athena.Client;
using Athena.V1;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Forwarding;

/// <summary>One attempt of a request at the server that was decided for: what its route transforms, then what is known of this attempt alone.</summary>
/// <remarks>A transformer of its own, so that nothing of it must be looked for among the request's features.</remarks>
/// <param name="made">The decision.</param>
/// <param name="route">What the route transforms.</param>
/// <param name="passesLoad">Whether visitors see the load that the server reports.</param>
internal sealed class Attempt(in SteadyDecision made, HttpTransformer route, bool passesLoad) : HttpTransformer
{
    private readonly SteadyDecision _made = made;

    private HttpResponseMessage? _answer;
    private LoadReport? _load;

    /// <summary>The decision.</summary>
    public ref readonly SteadyDecision Made => ref _made;

    /// <summary>The farm that decided.</summary>
    public string Farm => _made.Response.Farm;

    /// <summary>The server; empty when it is a URL.</summary>
    public string Server => _made.Response.Server;

    /// <summary>The server's name; the URL when it is one.</summary>
    public string Name => Server.Length > 0 ? Server : Address;

    /// <summary>Where the request goes: a server's address or a URL.</summary>
    public string Address => _made.Response.Url.Length > 0 ? _made.Response.Url : _made.Response.Address;

    /// <summary>URL to ask as it stands, whatever path was asked for; null: the request's own path. A URL with a final '/' gets the request's path and query, as any address does.</summary>
    private string? FixedUrl => _made.Response.Url is { Length: > 0 } url && !url.EndsWith('/') ? url : null;

    /// <summary>Whether a URL is asked for as it stands.</summary>
    public bool HasFixedUrl => FixedUrl is not null;

    /// <summary>Load that the server reported: the report of the whole answer, in its trailers, is newer than the one in its head. Null: none.</summary>
    public LoadReport? Load => _answer is { } answer && MayHaveTrailers(answer) && LoadHeaders.Has(answer.TrailingHeaders, out var last) ? last ?? _load : _load;

    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await route.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        if (FixedUrl is { } url)
        {
            proxyRequest.RequestUri = new Uri(url);
        }
    }

    public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var transforming = route.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is null)
        {
            return transforming;
        }
        _answer = proxyResponse;
        return LoadHeaders.Has(proxyResponse.Headers, out _load) && !passesLoad ? HideAsync(transforming, httpContext) : transforming;
    }

    public override async ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        await route.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
        if (!passesLoad && httpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
        {
            LoadHeaders.Hide(trailers);
        }
    }

    /// <summary>Takes the load that is among the fields of an answer, or behind it: what it says last counts.</summary>
    public void TakeLoad(IHeaderDictionary fields)
    {
        if (LoadHeaders.Has(fields, out var load))
        {
            _load = load ?? _load;
            if (!passesLoad)
            {
                LoadHeaders.Hide(fields);
            }
        }
    }

    /// <summary>HTTP/1 has trailers behind chunks alone; to ask for them makes them.</summary>
    private static bool MayHaveTrailers(HttpResponseMessage answer) => answer.Version.Major > 1 || answer.Headers.NonValidated.Contains("Transfer-Encoding");

    private static async ValueTask<bool> HideAsync(ValueTask<bool> transforming, HttpContext context)
    {
        var copies = await transforming;
        LoadHeaders.Hide(context.Response.Headers);
        return copies;
    }
}
