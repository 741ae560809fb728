using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Athena.Testing;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Athena.Integration.Tests;

/// <summary>Traces of the gateway, as a collector and the servers see them.</summary>
public sealed class TracingTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Visitor = $"00-{Trace}-b7ad6b7169203331-01";

    [Theory]
    [InlineData("http")]
    [InlineData("grpc")]
    public async Task A_request_is_a_trace_with_its_decision_in_it_and_the_server_continues_it(string protocol)
    {
        await using var collector = await Collector.StartAsync(http2: protocol == "grpc");
        var seen = new ConcurrentQueue<string>();
        await using var backend = await Backend.StartAsync("a", context =>
        {
            seen.Enqueue($"{context.Request.Headers.TraceParent}|{context.Request.Headers.TraceState}");
            return Task.CompletedTask;
        });
        await using var house = await House.StartAsync("/", "http://web/", [$"--Gateway:Tracing:Endpoint={collector.Address}", $"--Gateway:Tracing:Protocol={protocol}"], backend);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/shop");
        request.Headers.Add("traceparent", Visitor);
        request.Headers.Add("tracestate", "vendor=x");
        (await house.Gateway.Traffic.SendAsync(request)).EnsureSuccessStatusCode();
        var spans = await Deadline.UntilAsync(() => Task.FromResult(collector.Spans.Where(s => s.Trace == Trace).ToArray()), s => s.Length >= 3);
        var server = Assert.Single(spans, s => s.Parent == "b7ad6b7169203331");
        var decision = Assert.Single(spans, s => s.Name == "athena.decide");
        var call = Assert.Single(spans, s => s != server && s != decision);
        Assert.Equal((server.Id, server.Id), (decision.Parent, call.Parent));
        Assert.Equal(("web", "a", "chosen"), (decision.Tags["athena.farm"], decision.Tags["athena.server"], decision.Tags["athena.result"]));
        Assert.Equal("/shop", server.Tags["url.path"]);
        // What the server got names the span of the call to it.
        Assert.Equal($"00-{Trace}-{call.Id}-01|vendor=x", Assert.Single(seen));
        // A trace begins here when the visitor brings none.
        (await house.Gateway.Traffic.GetAsync("/")).EnsureSuccessStatusCode();
        Assert.Matches("^00-(?!0af)[0-9a-f]{32}-[0-9a-f]{16}-01[|]$", seen.Last());
    }

    [Theory]
    [InlineData("01", "00", "--Gateway:Tracing:Share=0")] // Who asks for it in vain; the trace goes on.
    [InlineData("00", "01", "--Gateway:Tracing:Share=1")]
    [InlineData("01", "01", "--Gateway:Tracing:Share=0", "--Gateway:Tracing:TrustVisitors=true")]
    [InlineData("00", "00", "--Gateway:Tracing:Share=1", "--Gateway:Tracing:TrustVisitors=true")]
    [InlineData("01", "01", "--Gateway:Tracing:Share=0", "--Gateway:Edge:TrustedProxies:0=127.0.0.0/8")]
    [InlineData("01", "00", "--Gateway:Tracing:Share=0", "--Gateway:Edge:TrustedProxies:0=10.0.0.0/8")]
    public async Task Visitors_do_not_decide_what_is_recorded_unless_they_are_trusted(string asked, string recorded, params string[] settings)
    {
        await using var collector = await Collector.StartAsync(http2: false);
        var seen = new ConcurrentQueue<string>();
        await using var backend = await Backend.StartAsync("a", context =>
        {
            seen.Enqueue(context.Request.Headers.TraceParent.ToString());
            return Task.CompletedTask;
        });
        await using var house = await House.StartAsync("/", "http://web/", [$"--Gateway:Tracing:Endpoint={collector.Address}", "--Gateway:Tracing:Protocol=http", .. settings], backend);
        // The second comes over the same connection.
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Add("traceparent", Visitor[..^2] + asked);
            (await house.Gateway.Traffic.SendAsync(request)).EnsureSuccessStatusCode();
        }
        Assert.All(seen, parent => Assert.Matches($"^00-{Trace}-(?!b7ad6b7169203331)[0-9a-f]{{16}}-{recorded}$", parent));
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public async Task Without_a_collector_trace_headers_pass_as_they_came_and_none_are_made()
    {
        var seen = new ConcurrentQueue<string>();
        await using var backend = await Backend.StartAsync("a", context =>
        {
            seen.Enqueue($"{context.Request.Headers.TraceParent}|{context.Request.Headers.TraceState}|{context.Request.Headers.Baggage}|{context.Request.Headers.RequestId}");
            return Task.CompletedTask;
        });
        await using var house = await House.StartAsync("/", "http://web/", [], backend);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("traceparent", Visitor);
        request.Headers.Add("tracestate", "vendor=x");
        request.Headers.Add("baggage", "a=b");
        (await house.Gateway.Traffic.SendAsync(request)).EnsureSuccessStatusCode();
        (await house.Gateway.Traffic.GetAsync("/")).EnsureSuccessStatusCode();
        Assert.Equal([$"{Visitor}|vendor=x|a=b|", "|||"], seen);
    }

    [Fact]
    public async Task Time_spent_deciding_is_told_apart_from_time_spent_proxying()
    {
        await using var house = await House.StartAsync("/", "http://web/", "a");
        (await house.Gateway.Traffic.GetAsync("/")).EnsureSuccessStatusCode();
        await Deadline.UntilAsync(() => house.Gateway.Management.GetStringAsync("/metrics"), page =>
            Regex.IsMatch(page, """athena_gateway_decision_duration_seconds_count\{[^}]*farm="web"\} 1""")
            && Regex.IsMatch(page, """athena_gateway_proxying_duration_seconds_count\{[^}]*farm="web",outcome="success",server="a"\} 1""")
            // Bounds that tell a decision of 50 µs from one of 5 ms.
            && Regex.IsMatch(page, """athena_gateway_decision_duration_seconds_bucket\{[^}]*le="(5E-05|0.00005)"\}"""));
    }

    private sealed record Span(string Trace, string Id, string Parent, string Name, Dictionary<string, string> Tags);

    /// <summary>Takes OTLP over HTTP or gRPC and reads as much of it as the tests look at.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly ConcurrentQueue<Span> _spans = new();

        private Backend _backend = null!;

        public Uri Address => _backend.Address;

        public IReadOnlyCollection<Span> Spans => _spans;

        public static async Task<Collector> StartAsync(bool http2)
        {
            var collector = new Collector();
            collector._backend = await Backend.StartAsync("collector", http2 ? collector.TakeGrpcAsync : collector.TakeHttpAsync, http2: http2);
            return collector;
        }

        public ValueTask DisposeAsync() => _backend.DisposeAsync();

        private async Task TakeHttpAsync(HttpContext context)
        {
            Assert.Equal("/v1/traces", context.Request.Path);
            Read(await BodyAsync(context));
        }

        private async Task TakeGrpcAsync(HttpContext context)
        {
            Read((await BodyAsync(context))[5..]);
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }

        private static async Task<byte[]> BodyAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            return body.ToArray();
        }

        private void Read(byte[] export)
        {
            foreach (var span in Fields(export, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
            {
                string Hex(int field) => Convert.ToHexStringLower(Fields(span, field).FirstOrDefault() ?? []);
                string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);
                var tags = Fields(span, 9).ToDictionary(t => Text(Fields(t, 1).Single()), t => Text(Fields(Fields(t, 2).Single(), 1).FirstOrDefault() ?? []));
                _spans.Enqueue(new Span(Hex(1), Hex(2), Hex(4), Text(Fields(span, 5).Single()), tags));
            }
        }

        /// <summary>The values of one length-delimited field of a message.</summary>
        private static List<byte[]> Fields(byte[] message, int field)
        {
            var values = new List<byte[]>();
            var input = new CodedInputStream(message);
            while (input.ReadTag() is var tag && tag != 0)
            {
                if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited && WireFormat.GetTagFieldNumber(tag) == field)
                {
                    values.Add(input.ReadBytes().ToByteArray());
                }
                else
                {
                    input.SkipLastField();
                }
            }
            return values;
        }
    }
}
