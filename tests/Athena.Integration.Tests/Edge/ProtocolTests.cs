using System.Net.WebSockets;
using System.Security.Cryptography;
using Athena.Testing;
using Athena.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Athena.Integration.Tests.Edge;

public sealed class ProtocolTests
{
    private static readonly Uri NoService = new("http://127.0.0.1:1");

    [Fact]
    public async Task GRPC_calls_and_streams_pass_over_HTTP2_from_end_to_end()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await using var gateway = await GatewayHost.StartAsync(NoService, [.. EdgeFixture.RouteTo(athena.GrpcAddress),
            "--ReverseProxy:Clusters:static:HttpRequest:Version=2", "--ReverseProxy:Clusters:static:HttpRequest:VersionPolicy=RequestVersionExact", "--Kestrel:Endpoints:Traffic:Protocols=Http2"]);
        using var channel = GrpcChannel.ForAddress(gateway.Traffic.BaseAddress!);
        var balancer = new BalancerService.BalancerServiceClient(channel);
        Assert.Equal("a", (await balancer.BalanceAsync(new() { Farm = "web" })).Server);
        var refused = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await balancer.BalanceAsync(new() { Farm = "nosuch" }));
        Assert.Equal(Grpc.Core.StatusCode.NotFound, refused.StatusCode);
        using var stream = balancer.BalanceStream();
        for (var id = 1UL; id <= 3; id++)
        {
            await stream.RequestStream.WriteAsync(new() { Questions = { new BalanceQuestion { Id = id, Request = new() { Farm = "web" } } } });
            Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
            Assert.Equal(id, stream.ResponseStream.Current.Answers.Single().Id);
        }
        await stream.RequestStream.CompleteAsync();
        Assert.False(await stream.ResponseStream.MoveNext(Deadline.Token()));
    }

    [Fact]
    public async Task WebSockets_pass_in_both_directions()
    {
        await using var backend = await Backend.StartAsync("a", app => app.UseWebSockets(), async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[1 << 16];
            while (await socket.ReceiveAsync(buffer, Deadline.Token()) is { MessageType: not WebSocketMessageType.Close } got)
            {
                await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, Deadline.Token());
            }
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Deadline.Token());
        });
        await using var gateway = await GatewayHost.StartAsync(NoService, EdgeFixture.RouteTo(backend.Address));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(gateway.Traffic.BaseAddress!) { Scheme = "ws", Path = "/chat" }.Uri, Deadline.Token());
        var sent = RandomNumberGenerator.GetBytes(50_000);
        await socket.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, Deadline.Token());
        var got = new List<byte>();
        var buffer = new byte[1 << 16];
        while (got.Count < sent.Length)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(), Deadline.Token());
            got.AddRange(buffer[..read.Count]);
        }
        Assert.Equal(sent, got);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Deadline.Token());
    }

    [Fact]
    public async Task Events_arrive_while_the_answer_is_still_being_made()
    {
        var next = new SemaphoreSlim(0);
        await using var backend = await Backend.StartAsync("a", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(Deadline.Token());
            }
        });
        await using var gateway = await GatewayHost.StartAsync(NoService, EdgeFixture.RouteTo(backend.Address));
        using var reader = new StreamReader(await gateway.Traffic.GetStreamAsync("/events"));
        for (var i = 0; i < 3; i++)
        {
            // The server waits until this one was read.
            Assert.Equal($"data: {i}", await reader.ReadLineAsync(Deadline.Token()));
            Assert.Equal("", await reader.ReadLineAsync(Deadline.Token()));
            next.Release();
        }
        Assert.Null(await reader.ReadLineAsync(Deadline.Token()));
    }

    [Fact]
    public async Task Large_bodies_stream_through_in_both_directions()
    {
        const int size = 64 << 20;
        await using var backend = await Backend.StartAsync("a", async context =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 16];
            while (await context.Request.Body.ReadAsync(buffer) is var read && read > 0)
            {
                hash.AppendData(buffer, 0, read);
            }
            context.Response.Headers["X-Sum"] = Convert.ToHexString(hash.GetHashAndReset());
            await new Zeros(size).CopyToAsync(context.Response.Body);
        }, limits => limits.MaxRequestBodySize = null);
        await using var gateway = await GatewayHost.StartAsync(NoService, EdgeFixture.RouteTo(backend.Address));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/large") { Content = new StreamContent(new Zeros(size)) };
        request.Headers.TransferEncodingChunked = true;
        using var response = await gateway.Traffic.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[1 << 16];
        long total = 0;
        while (await body.ReadAsync(buffer) is var read && read > 0)
        {
            total += read;
        }
        Assert.Equal(size, total);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(new Zeros(size))), response.Headers.GetValues("X-Sum").Single());
        // A gateway that kept the body would hold it at least once.
        Assert.InRange(gateway.Process.PeakMemory, 0, 400L << 20);
    }

    [Fact]
    public async Task A_visitor_who_waits_for_100_gets_it_when_the_server_wants_the_body()
    {
        await using var backend = await Backend.StartAsync("a", async context => await context.Response.WriteAsync(await new StreamReader(context.Request.Body).ReadToEndAsync()));
        await using var gateway = await GatewayHost.StartAsync(NoService, EdgeFixture.RouteTo(backend.Address));
        using var connection = await RawConnection.OpenAsync(gateway.Traffic.BaseAddress!);
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 Continue", await connection.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        await connection.SendAsync("hello");
        Assert.EndsWith("hello", (await connection.ReadToEndAsync()).Replace("\r\n0\r\n\r\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>As many bytes, made as they are read.</summary>
    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(_left, count);
            Array.Clear(buffer, offset, read);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
