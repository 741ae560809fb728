using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Athena.Gateway.Forwarding;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Gateway.Tests.Forwarding;

public sealed class ServerPoolTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public ServerPoolTests() => _server.Start();

    private Uri Address => new($"http://{_server.LocalEndpoint}/base/");

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("http://a:80/", "a", "")]
    [InlineData("http://a:8080/x/y/", "a:8080", "/x/y")]
    [InlineData("http://[::1]:81", "[::1]:81", "")]
    public void A_pool_knows_what_its_requests_begin_with(string address, string host, string path)
    {
        using var pools = new ServerPools(_time);
        var pool = pools.Of(address)!;
        Assert.Equal((host, path), (System.Text.Encoding.ASCII.GetString(pool.Host), pool.Path));
        Assert.Same(pool, pools.Of(address));
    }

    [Theory]
    [InlineData("https://a")]
    [InlineData("http://user@a")]
    [InlineData("http://a/?x")]
    [InlineData("http://a/%20")]
    [InlineData("a")]
    public void Other_addresses_have_none(string address)
    {
        using var pools = new ServerPools(_time);
        Assert.Null(pools.Of(address));
    }

    [Fact]
    public async Task The_connection_used_last_is_used_next_and_one_idle_for_a_minute_is_closed()
    {
        using var pools = new ServerPools(_time);
        var pool = pools.Of($"{Address}")!;
        using var older = await pool.ConnectAsync(Minute, default);
        using var olderEnd = await _server.AcceptSocketAsync();
        using var newer = await pool.ConnectAsync(Minute, default);
        using var newerEnd = await _server.AcceptSocketAsync();
        pool.Return(older);
        _time.Advance(TimeSpan.FromSeconds(40));
        pool.Return(newer);
        _time.Advance(TimeSpan.FromSeconds(35));
        Assert.Equal(0, await olderEnd.ReceiveAsync(new byte[1]));
        Assert.True(pool.TryTake(Minute, out var taken));
        Assert.Same(newer, taken);
        Assert.False(pool.TryTake(Minute, out _));
    }

    [Fact]
    public async Task A_pool_that_nobody_uses_is_forgotten_and_what_comes_back_to_it_is_closed()
    {
        using var pools = new ServerPools(_time);
        var pool = pools.Of($"{Address}")!;
        using var inUse = await pool.ConnectAsync(Minute, default);
        using var end = await _server.AcceptSocketAsync();
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.NotSame(pool, pools.Of($"{Address}"));
        pool.Return(inUse);
        Assert.Equal(0, await end.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task Who_cannot_connect_is_told_so()
    {
        using var pools = new ServerPools(_time);
        var pool = pools.Of($"{Address}")!;
        _server.Stop();
        var fault = await Assert.ThrowsAsync<HttpRequestException>(async () => await pool.ConnectAsync(Minute, default));
        Assert.Equal(HttpRequestError.ConnectionError, fault.HttpRequestError);
    }

    [Fact]
    public async Task A_server_may_be_silent_for_so_long_at_a_time()
    {
        using var pools = new ServerPools(_time);
        using var connection = await pools.Of($"{Address}")!.ConnectAsync(Minute, default);
        using var end = await _server.AcceptSocketAsync();
        Assert.True(connection.TryBegin(Minute));
        _time.Advance(TimeSpan.FromSeconds(50));
        connection.Touch();
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(ConnectionEnd.None, connection.Ending);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ConnectionEnd.TooSilent, connection.Ending);
        Assert.False(connection.Rest());
        await Assert.ThrowsAnyAsync<Exception>(async () => await connection.ReceiveAsync());
    }

    [Fact]
    public async Task Between_requests_a_connection_may_be_silent_and_each_request_has_its_own_patience()
    {
        using var pools = new ServerPools(_time);
        using var connection = await pools.Of($"{Address}")!.ConnectAsync(Minute, default);
        using var end = await _server.AcceptSocketAsync();
        await ExchangeAsync(connection, end, Minute);
        _time.Advance(10 * Minute);
        await ExchangeAsync(connection, end, Minute);
        Assert.True(connection.TryBegin(TimeSpan.FromSeconds(5)));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(ConnectionEnd.TooSilent, connection.Ending);
    }

    [Theory]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("")]
    public async Task What_a_server_says_between_requests_answers_nobody(string said)
    {
        using var pools = new ServerPools(_time);
        var pool = pools.Of($"{Address}")!;
        using var connection = await pool.ConnectAsync(Minute, default);
        using var end = await _server.AcceptSocketAsync();
        await ExchangeAsync(connection, end, Minute);
        pool.Return(connection);
        await end.SendAsync(System.Text.Encoding.ASCII.GetBytes(said));
        end.Shutdown(SocketShutdown.Both);
        Assert.False(pool.TryTake(Minute, out _));
    }

    private static async Task ExchangeAsync(ServerConnection connection, Socket server, TimeSpan patience)
    {
        Assert.True(connection.TryBegin(patience));
        await server.SendAsync(new byte[3]);
        Assert.Equal(3, await connection.ReceiveAsync());
        connection.Use(3);
        Assert.True(connection.Rest());
    }
}
