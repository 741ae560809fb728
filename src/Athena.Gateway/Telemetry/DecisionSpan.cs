using System.Diagnostics;
using Athena.Client;

namespace Athena.Gateway.Telemetry;

/// <summary>The span of one decision, within that of its request. None, at no cost, while nobody listens.</summary>
internal static class DecisionSpan
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "Athena.Gateway";

    private static readonly ActivitySource Source = new(SourceName);

    /// <param name="farm">The farm asked for.</param>
    /// <param name="retry">How many servers failed before.</param>
    public static Activity? Start(string farm, int retry)
    {
        var span = Source.StartActivity("athena.decide", ActivityKind.Client);
        span?.SetTag("athena.farm", farm);
        if (retry > 0)
        {
            span?.SetTag("athena.retry", retry);
        }
        return span;
    }

    public static void Decided(Activity? span, in SteadyDecision made, string result)
    {
        if (span is not null)
        {
            span.SetTag("athena.result", result);
            span.SetTag("athena.server", made.Response.Url.Length > 0 ? made.Response.Url : made.Response.Server);
            span.SetTag("athena.decision", made.Response.DecisionId.ToString(System.Globalization.CultureInfo.InvariantCulture));
            span.SetTag("athena.revision", made.Response.Revision);
        }
    }

    public static void Failed(Activity? span, AthenaException why)
    {
        if (span is not null)
        {
            span.SetTag("error.type", why.Reason.Length > 0 ? why.Reason : why.StatusCode.ToString());
            span.SetStatus(ActivityStatusCode.Error, why.Message);
        }
    }
}
