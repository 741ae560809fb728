using Athena.Gateway.Edge;
using OpenTelemetry.Trace;

namespace Athena.Gateway.Telemetry;

/// <summary>Decides which traces are recorded: of those that begin here, or come from visitors, a share; those of trusted proxies as they say.</summary>
/// <remarks>
/// A visitor could ask for every request of his to be recorded, and the collector pays. For the same reason visitors' traces are drawn at random and not by
/// their numbers, which visitors choose. The trace goes on all the same: servers get its number, and whether it is recorded from here on.
/// </remarks>
/// <param name="share">Part that is recorded, 0 to 1.</param>
/// <param name="trusted">Whose word counts.</param>
/// <param name="requests">The request that a span begins with.</param>
internal sealed class VisitorSampler(double share, Networks trusted, IHttpContextAccessor requests) : Sampler
{
    private readonly ParentBasedSampler _asTheySay = new(new TraceIdRatioBasedSampler(share));

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        !samplingParameters.ParentContext.IsRemote || trusted.Contains(requests.HttpContext?.Connection.RemoteIpAddress)
            ? _asTheySay.ShouldSample(samplingParameters)
            : new SamplingResult(Random.Shared.NextDouble() < share);
}
