using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Athena.Gateway.Forwarding;

/// <summary>What the gateway itself changes in the head of a server's answer, whichever way the answer came.</summary>
/// <param name="context">The request, with the server's fields in its response.</param>
/// <param name="server">Whom it came from: scheme and authority count.</param>
internal delegate void AnswerChange(HttpContext context, Uri server);

/// <summary>Makes the <see cref="AnswerChange"/> of a route.</summary>
internal interface IAnswerChange
{
    /// <summary>The change; null: nothing changes on this route.</summary>
    AnswerChange? Of(RouteConfig route);
}

/// <summary>The gateway's own changes as transforms of YARP, behind those of the route.</summary>
internal sealed class AnswerChangesOfYarp(IEnumerable<IAnswerChange> changes) : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        foreach (var change in changes.Select(c => c.Of(context.Route)).OfType<AnswerChange>())
        {
            context.AddResponseTransform(answer =>
            {
                // Null: the gateway's own answer. Every answer of a server knows what it answers.
                if (answer.ProxyResponse?.RequestMessage?.RequestUri is { } server)
                {
                    change(answer.HttpContext, server);
                }
                return ValueTask.CompletedTask;
            });
        }
    }
}
