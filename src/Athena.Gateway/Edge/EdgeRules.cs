using Athena.Gateway.Edge.Http1;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Athena.Gateway.Edge;

/// <summary>Refuses requests that are well framed but mean two things, and takes out of the others what is the gateway's own to say.</summary>
internal sealed class EdgeRules(RequestDelegate next, IOptions<GatewayOptions> options)
{
    private readonly EdgeOptions _options = options.Value.Edge;
    private readonly Networks _trusted = new(options.Value.Edge.TrustedProxies);

    public Task InvokeAsync(HttpContext context)
    {
        var gate = context.Features.Get<IByteGate>() as Http1Gate;
        var (status, why) = Look(context);
        if (status != 0)
        {
            return Refuse(context, status, why);
        }
        VisitorHeaders.Clean(context.Request, gate?.NominatedByNext() ?? [], _options, _trusted.Contains(context.Connection.RemoteIpAddress));
        if (gate is not null && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            context.Features.Set<IHttpUpgradeFeature>(new ReleasingUpgrade(upgrade, gate));
        }
        if (VisitorHeaders.IsGrpc(context.Request))
        {
            EaseStreaming(context);
        }
        return next(context);
    }

    private (int Status, string Why) Look(HttpContext context)
    {
        var request = context.Request;
        if (context.Features.Get<IByteGate>() is null)
        {
            return (StatusCodes.Status503ServiceUnavailable, "this address was added while the gateway ran; it serves after a restart");
        }
        if (IsRefusedMethod(context))
        {
            return (StatusCodes.Status405MethodNotAllowed, "this method is not served");
        }
        if (!IsHttp1(request) && VisitorHeaders.FaultBeyondHttp1(request.Headers) is { } field)
        {
            return (StatusCodes.Status400BadRequest, field);
        }
        if (request.Headers.TryGetValue(HeaderNames.Expect, out var expect) && !(expect.Count == 1 && "100-continue".Equals(expect[0], StringComparison.OrdinalIgnoreCase)))
        {
            return (StatusCodes.Status417ExpectationFailed, "the only expectation is 100-continue");
        }
        if (PathRules.Fault(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, _options.EscapedSlashes) is { } fault)
        {
            return (StatusCodes.Status400BadRequest, fault);
        }
        return default;
    }

    /// <summary>A stream of gRPC messages may rest for as long as it likes, and has no end to count to.</summary>
    private static void EaseStreaming(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }

    /// <summary>TRACE would show a page the cookies that it must not see; CONNECT would make a tunnel of the gateway, except for WebSockets over HTTP/2.</summary>
    private static bool IsRefusedMethod(HttpContext context) => HttpMethods.IsTrace(context.Request.Method)
        || (HttpMethods.IsConnect(context.Request.Method) && context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect != true);

    private static bool IsHttp1(HttpRequest request) => HttpProtocol.IsHttp11(request.Protocol) || HttpProtocol.IsHttp10(request.Protocol);

    private static Task Refuse(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status405MethodNotAllowed)
        {
            context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        }
        if (IsHttp1(context.Request))
        {
            context.Response.Headers.Connection = "close";
        }
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"{Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}: {why}\n", context.RequestAborted);
    }

    /// <summary>Takes the gate off a connection at the moment it stops speaking HTTP.</summary>
    private sealed class ReleasingUpgrade(IHttpUpgradeFeature inner, Http1Gate gate) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public Task<Stream> UpgradeAsync()
        {
            gate.Release();
            return inner.UpgradeAsync();
        }
    }
}
