using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Athena.Gateway.Resolution;

/// <summary>Sends a request that was forwarded to a URL without a final '/' to that URL as it stands.</summary>
internal sealed class FixedUrl : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context) => context.AddRequestTransform(request =>
    {
        if (request.HttpContext.Features.Get<FarmDecision>() is { FixedUrl: { } url })
        {
            request.ProxyRequest.RequestUri = url;
        }
        return ValueTask.CompletedTask;
    });
}
