using System.Net.Http.Headers;
using Athena.Client.Statistics;
using Athena.Hosting;
using Athena.V1;
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
            if (response.ProxyResponse is { } answer && response.HttpContext.Features.Get<FarmDecision>() is { } decision)
            {
                decision.Answer = answer;
                decision.Load = ReadFrom(answer.Headers);
                Hide(response.HttpContext.Response.Headers);
            }
            return ValueTask.CompletedTask;
        });
        context.AddResponseTrailersTransform(response =>
        {
            if (response.HttpContext.Features.Get<FarmDecision>() is not null && response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
            {
                Hide(trailers);
            }
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>The report of the whole answer: the one in its trailers is newer than the one in its head.</summary>
    public static LoadReport? Of(FarmDecision decision) => decision.Answer is { } answer ? ReadFrom(answer.TrailingHeaders) ?? decision.Load : null;

    /// <summary>Null when there is none, or it has a fault; of two in one place neither is believed.</summary>
    private static LoadReport? ReadFrom(HttpResponseHeaders headers)
    {
        if (headers.NonValidated.TryGetValues(LoadReportReader.BinaryName, out var bytes))
        {
            return bytes.Count == 1 && LoadReportReader.TryReadBinary(bytes.ToString(), out var load) ? load : null;
        }
        return headers.NonValidated.TryGetValues(LoadReportReader.TextName, out var text) && text.Count == 1 && LoadReportReader.TryReadText(text.ToString(), out var told) ? told : null;
    }

    private void Hide(IHeaderDictionary headers)
    {
        if (!options.Current.PassLoadReports)
        {
            headers.Remove(LoadReportReader.BinaryName);
            headers.Remove(LoadReportReader.TextName);
        }
    }
}
