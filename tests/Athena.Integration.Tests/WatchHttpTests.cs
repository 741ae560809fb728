using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>Watching with what every browser and script has.</summary>
public sealed class WatchHttpTests
{
    [Fact]
    public async Task A_browser_gets_events_with_the_revision_as_their_id()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var events = await EventStream.OpenAsync(athena, "/v1/health:watch");
        Assert.Equal("no-store", events.Response.Headers.CacheControl!.ToString());
        var snapshot = await events.NextAsync();
        Assert.Equal("snapshot", snapshot.Name);
        Assert.Equal(["a", "b"], snapshot.Data.GetProperty("snapshot").GetProperty("servers").EnumerateArray().Select(s => s.GetProperty("server").GetString()));
        Assert.Equal(snapshot.Data.GetProperty("snapshot").GetProperty("revision").GetString(), snapshot.Id);

        var set = await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann" });
        // Of one revision: the server, then its farm. Only the last has an id, so that no cut falls between them.
        var server = await events.NextAsync();
        var farm = await events.NextAsync();
        Assert.Equal(("change", "ann", null), (server.Name, server.Data.GetProperty("change").GetProperty("actor").GetString(), server.Id));
        Assert.Equal("web", farm.Data.GetProperty("change").GetProperty("farm").GetProperty("farm").GetString());
        Assert.Equal(set.Revision.ToString(), farm.Id);
    }

    [Fact]
    public async Task A_browser_that_comes_again_gets_what_it_missed()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        string? last;
        using (var events = await EventStream.OpenAsync(athena, "/v1/health:watch"))
        {
            last = (await events.NextAsync()).Id;
        }
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Drain });
        // What the address says is of the first time.
        using var again = await EventStream.OpenAsync(athena, "/v1/health:watch?servers=a&servers=b&resume_revision=1", last);
        foreach (var (name, state) in new[] { ("a", "ADMIN_STATE_OFF"), ("b", "ADMIN_STATE_DRAIN") })
        {
            var server = (await again.NextAsync()).Data.GetProperty("change").GetProperty("server");
            Assert.Equal((name, state), (server.GetProperty("server").GetString(), server.GetProperty("newStatus").GetProperty("admin").GetString()));
        }
    }

    [Fact]
    public async Task After_a_restart_a_watch_that_resumes_gets_a_snapshot_that_says_so_and_revisions_that_grew()
    {
        var folder = Directory.CreateTempSubdirectory("athena-watch-");
        try
        {
            string[] store = ["--Athena:Store:Kind=sqlite", $"--Athena:Store:Path={folder.FullName}/athena.db"];
            string? last;
            await using (var first = await AthenaHost.StartAsync(Fleets.Of("web", "a"), store))
            {
                using var events = await EventStream.OpenAsync(first, "/v1/health:watch");
                await events.NextAsync();
                await first.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
                await events.NextAsync();
                last = (await events.NextAsync()).Id;
            }
            await using var second = await AthenaHost.StartAsync(Fleets.Of("web", "a"), store);
            using var again = await EventStream.OpenAsync(second, "/v1/health:watch", last);
            var snapshot = await again.NextAsync();
            Assert.True(snapshot.Data.GetProperty("snapshot").GetProperty("resynchronised").GetBoolean());
            Assert.Equal("ADMIN_STATE_OFF", snapshot.Data.GetProperty("snapshot").GetProperty("servers")[0].GetProperty("status").GetProperty("admin").GetString());
            Assert.True(long.Parse(snapshot.Id!) > long.Parse(last!));
            await second.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.On });
            Assert.Equal("change", (await again.NextAsync()).Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_fleet_comes_as_events_too()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var events = await EventStream.OpenAsync(athena, "/v1/fleet:watch?farms=web");
        Assert.True((await events.NextAsync()).Data.GetProperty("snapshot").GetBoolean());
        await athena.ConfigureAsync(Fleets.Of("web", "a"));
        Assert.Equal("b", (await events.NextAsync()).Data.GetProperty("removedServers")[0].GetString());
    }

    [Fact]
    public async Task When_nothing_is_to_say_a_bookmark_is_said_though_others_change()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var events = await EventStream.OpenAsync(athena, "/v1/health:watch?servers=b");
        await events.NextAsync();
        var set = await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        var bookmark = await events.NextAsync();
        Assert.Equal(("bookmark", set.Revision.ToString()), (bookmark.Name, bookmark.Id));
    }

    [Theory]
    [InlineData("/v1/health:watch?farms=wob", null, HttpStatusCode.NotFound, "FARM_NOT_FOUND")]
    [InlineData("/v1/health:watch?servers=x", null, HttpStatusCode.NotFound, "SERVER_NOT_FOUND")]
    [InlineData("/v1/fleet:watch?farms=wob", null, HttpStatusCode.NotFound, "FARM_NOT_FOUND")]
    [InlineData("/v1/health:watch?resume_revision=soon", null, HttpStatusCode.BadRequest, "MALFORMED_REQUEST")]
    [InlineData("/v1/health:watch", "soon", HttpStatusCode.BadRequest, "MALFORMED_REQUEST")]
    [InlineData("/v1/health:watch?farm=web", null, HttpStatusCode.BadRequest, "MALFORMED_REQUEST")]
    public async Task What_cannot_be_watched_is_refused_with_its_reason(string path, string? last, HttpStatusCode status, string reason)
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var request = EventStream.Request(path, last);
        using var response = await athena.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Deadline.Token());
        Assert.Equal(status, response.StatusCode);
        Assert.Contains($"\"{reason}\"", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_reader_that_stopped_reading_gets_merged_changes_when_it_goes_on()
    {
        // So many servers that what is to be said does not fit into the buffers between the two.
        const int Servers = 300;
        await using var athena = await AthenaHost.WithAsync("web", [.. Enumerable.Range(0, Servers).Select(i => $"s{i}")]);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        await using var stream = await http.GetStreamAsync(new Uri(athena.Http.BaseAddress!, "/v1/health:watch"), Deadline.Token());
        await Deadline.UntilAsync(async () => await SubscribersAsync(athena), n => n == 1);
        var last = 0L;
        for (var round = 0; round < 16; round++)
        {
            for (var i = 0; i < Servers; i += 3)
            {
                last = (await athena.Fleet.SetMemberStateAsync(new() { Server = $"s{i}", State = round % 2 == 0 ? AdminState.Off : AdminState.On, Reason = $"round {round}" })).Revision;
            }
        }
        using var lines = new StreamReader(stream);
        var (seen, merged) = (0L, 0L);
        while (seen < last)
        {
            var line = await lines.ReadLineAsync(Deadline.Token());
            if (line?.StartsWith("{ \"change\"", StringComparison.Ordinal) == true)
            {
                var change = JsonDocument.Parse(line).RootElement.GetProperty("change");
                Assert.True(long.Parse(change.GetProperty("revision").GetString()!) >= seen, "revisions go back");
                seen = long.Parse(change.GetProperty("revision").GetString()!);
                merged += change.TryGetProperty("merged", out var count) ? count.GetInt64() : 0;
            }
        }
        Assert.True(merged > 0, "nothing was merged");
    }

    private static async Task<int> SubscribersAsync(AthenaHost athena) =>
        (await athena.Http.GetStringAsync("/metrics")).Split('\n').Count(l => l.StartsWith("athena_watch_subscribers", StringComparison.Ordinal) && l.Contains("health", StringComparison.Ordinal) && !l.Contains("} 0 ", StringComparison.Ordinal));
}
