using Athena.Client.Statistics;
using Athena.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Athena.Gateway.Resolution.Headers;

/// <summary>Takes the load that a server reports with its answer, in header or trailer, for the outcome; it is nobody's business outside.</summary>
internal sealed class LoadHeaders(LastGoodOptions<GatewayOptions> options) : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        context.AddResponseTransform(response =>
        {
            if (response.ProxyResponse is not null)
            {
                Take(response.HttpContext, response.HttpContext.Response.Headers);
            }
            return ValueTask.CompletedTask;
        });
        context.AddResponseTrailersTransform(response =>
        {
            if (response.ProxyResponse is not null && response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
            {
                Take(response.HttpContext, trailers);
            }
            return ValueTask.CompletedTask;
        });
    }

    private void Take(HttpContext context, IHeaderDictionary headers)
    {
        if (context.Features.Get<FarmDecision>() is not { } decision)
        {
            return;
        }
        // The report that comes last is the newest; of two in one place neither is believed.
        if (headers.TryGetValue(LoadReportReader.BinaryName, out var bytes))
        {
            decision.Load = bytes is [{ } one] && LoadReportReader.TryReadBinary(one, out var load) ? load : decision.Load;
        }
        else if (headers.TryGetValue(LoadReportReader.TextName, out var texts))
        {
            decision.Load = texts is [{ } one] && LoadReportReader.TryReadText(one, out var load) ? load : decision.Load;
        }
        else
        {
            return;
        }
        if (!options.Current.PassLoadReports)
        {
            headers.Remove(LoadReportReader.BinaryName);
            headers.Remove(LoadReportReader.TextName);
        }
    }
}
