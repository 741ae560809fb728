using System.Globalization;
using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http.Features;

namespace Athena.Service.Api;

/// <summary>Tells changes as they happen over HTTP: as lines of JSON, or as server-sent events to who accepts `text/event-stream`.</summary>
/// <remarks>Takes the place of transcoding on the routes of <see cref="WatchService"/>, which would write each message anew for each reader. After <see cref="StrictJson"/>.</remarks>
internal sealed class WatchHttp(RequestDelegate next, Watches watches, WatchTurns turns, WholeHealth whole, SnapshotHolder snapshots)
{
    private const string Events = "text/event-stream";
    private const string LastEventId = "Last-Event-ID";

    public Task InvokeAsync(HttpContext context)
    {
        if (GrpcCall.Is(context.Request) || context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is not { } method
            || method.MethodDescriptor.Service.FullName != WatchService.Descriptor.FullName)
        {
            return next(context);
        }
        return method.MethodDescriptor.Name == nameof(WatchApi.WatchHealth) ? WatchHealthAsync(context) : WatchFleetAsync(context);
    }

    private async Task WatchHealthAsync(HttpContext context)
    {
        WatchFilter filter;
        long? resume;
        try
        {
            var request = new WatchHealthRequest();
            request.Farms.AddRange(context.Request.Query["farms"]);
            request.Servers.AddRange(context.Request.Query["servers"]);
            filter = WatchFilter.Of(request, snapshots.Current, whole);
            resume = ResumeRevision(context.Request);
        }
        catch (RpcException e)
        {
            await HttpErrors.WriteAsync(context, e.GetRpcStatus()!);
            return;
        }
        await RunAsync(context, "health", resume, filter.Messages);
    }

    private async Task WatchFleetAsync(HttpContext context)
    {
        HashSet<string>? farms;
        try
        {
            var request = new WatchFleetRequest();
            request.Farms.AddRange(context.Request.Query["farms"]);
            farms = FleetMessages.KnownFarms(request, snapshots.Current);
        }
        catch (RpcException e)
        {
            await HttpErrors.WriteAsync(context, e.GetRpcStatus()!);
            return;
        }
        await RunAsync(context, "fleet", null, step => FleetMessages.Of(step, farms));
    }

    private async Task RunAsync(HttpContext context, string kind, long? resume, Func<WatchStep, WatchMessages> messages)
    {
        var events = WantsEvents(context.Request);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = events ? Events : "application/x-ndjson";
        context.Response.Headers.CacheControl = "no-store";
        // Asks nginx and its kin to pass on what comes as it comes.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.StartAsync(context.RequestAborted);
        var body = context.Response.BodyWriter;
        // The head goes out at once: one that resumes may have nothing to send for long.
        await body.FlushAsync(context.RequestAborted);
        await watches.RunAsync(kind, resume, messages, events ? new EventsWatchWriter(body, turns) : new LinesWatchWriter(body, turns), context.RequestAborted);
    }

    private static bool WantsEvents(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals(Events, StringComparison.OrdinalIgnoreCase));

    /// <summary>What a browser says when it comes again goes before what the address said the first time.</summary>
    private static long? ResumeRevision(HttpRequest request)
    {
        var (name, values) = WantsEvents(request) && request.Headers.TryGetValue(LastEventId, out var last) ? (LastEventId, last)
            : request.Query.TryGetValue("resume_revision", out var asked) ? ("resume_revision", asked)
            : ("resumeRevision", request.Query["resumeRevision"]);
        return values.Count == 0 ? null
            : long.TryParse(values.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var revision) ? revision
            : throw ApiErrors.Malformed("is not a revision", name).AsException();
    }
}
