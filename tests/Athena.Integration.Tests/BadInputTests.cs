using System.Globalization;
using System.Net;
using Athena.Testing;
using Athena.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>What is not acceptable gets a clear typed error, and nothing changes.</summary>
public sealed class BadInputTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    public static readonly TheoryData<double> Poison =
        [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1, -0.0, -double.Epsilon, 1e308, 9223372036854775808.0, double.MaxValue];

    private readonly AthenaHost _athena = fixture.Athena;

    [Theory]
    [InlineData("")]
    [InlineData(" web")]
    [InlineData("we b")]
    [InlineData("../etc")]
    [InlineData("wéb")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _athena.Balancer.BalanceAsync(new() { Farm = name }));
        var status = error.GetRpcStatus()!;
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), (error.StatusCode, status.GetDetail<ErrorInfo>()!.Reason));
        Assert.Equal("farm", Assert.Single(status.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    [Fact]
    public async Task A_name_may_be_253_long_and_no_longer()
    {
        Assert.Equal("FARM_NOT_FOUND", (await Errors.OfAsync(_athena.Balancer.BalanceAsync(new() { Farm = new string('x', 253) }))).Info.Reason);
        Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(_athena.Balancer.BalanceAsync(new() { Farm = new string('x', 254) }))).Info.Reason);
        Assert.Equal("INVALID_FIELD", await Errors.ReasonAsync(await _athena.Http.GetAsync($"/v1/farms/{new string('x', 254)}:balance")));
        Assert.Equal(HttpStatusCode.BadRequest, (await _athena.Http.GetAsync($"/ath/balance?{new string('x', 254)}")).StatusCode);
    }

    [Fact]
    public async Task Every_fault_of_a_request_is_named_at_once()
    {
        var request = new BalanceRequest { Farm = "!", HashKey = new string('k', 1025), Alternates = 17, Priority = (PriorityClass)9, PinnedServer = "", LeaseTimeout = new() { Seconds = 7200 } };
        request.Exclude.AddRange(Enumerable.Repeat("a", 65));
        request.Labels.Add(Enumerable.Range(0, 17).ToDictionary(i => $"l{i}", _ => ""));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _athena.Balancer.BalanceAsync(request));
        Assert.Equal(["alternates", "exclude", "farm", "hash_key", "labels", "lease_timeout", "pinned_server", "priority"],
            error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Select(v => v.Field).Order());
    }

    [Theory]
    [MemberData(nameof(Poison))]
    public async Task A_poison_number_is_refused_over_gRPC_and_takes_the_good_ones_with_it(double poison)
    {
        await _athena.Stats.UpdateStatsAsync(new() { Server = "d", Stats = { ["good"] = 7 } });
        var before = await _athena.Stats.GetStatsAsync(new() { Server = "d" });
        var (code, info) = await Errors.OfAsync(_athena.Stats.UpdateStatsAsync(new() { Server = "d", Stats = { ["good"] = 8, ["load"] = poison } }));
        Assert.Equal((StatusCode.InvalidArgument, "STAT_REJECTED"), (code, info.Reason));
        // Twice in one report.
        (code, info) = await Errors.OfAsync(_athena.Stats.UpdateStatsAsync(new() { Server = "d", Stats = { ["good"] = poison, ["fair"] = poison } }));
        Assert.Equal((StatusCode.InvalidArgument, "STAT_REJECTED"), (code, info.Reason));
        var after = await _athena.Stats.GetStatsAsync(new() { Server = "d" });
        Assert.Equal(before.Stats.ToDictionary(s => s.Key, s => s.Value.Value), after.Stats.ToDictionary(s => s.Key, s => s.Value.Value));
    }

    [Theory]
    [InlineData("""{"stats":{"load":"NaN"}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":"Infinity"}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":"-Infinity"}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":-1}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":-0.0}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":1e308}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":1e308,"cpu":1e308}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":9223372036854775808}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"load":1e999}}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"load":NaN}}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"load":"7 apples"}}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"load":null}}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"lo ad":1}}""", "STAT_REJECTED")]
    [InlineData("""{"stats":{"":1}}""", "STAT_REJECTED")]
    [InlineData("""{"stat":{"load":1}}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"load":1},"stats":{"load":2}}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"load":1,"load":2}}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"load":1}""", "MALFORMED_REQUEST")]
    [InlineData("""{"stats":{"load":1}} x""", "MALFORMED_REQUEST")]
    [InlineData("""[]""", "MALFORMED_REQUEST")]
    [InlineData("", "MALFORMED_REQUEST")]
    [InlineData("\0", "MALFORMED_REQUEST")]
    public async Task Bad_JSON_is_refused(string json, string reason)
    {
        var before = await _athena.Stats.GetStatsAsync(new() { Server = "e" });
        var response = await _athena.PostJsonAsync("/v1/servers/e/stats", json);
        Assert.Equal((HttpStatusCode.BadRequest, reason), (response.StatusCode, await Errors.ReasonAsync(response)));
        Assert.Equal(before.Stats, (await _athena.Stats.GetStatsAsync(new() { Server = "e" })).Stats);
    }

    [Fact]
    public async Task A_body_that_is_no_JSON_or_too_large_is_refused()
    {
        var form = await _athena.Http.PostAsync("/v1/servers/e/stats", new FormUrlEncodedContent([new("load", "1")]));
        Assert.Equal("MALFORMED_REQUEST", await Errors.ReasonAsync(form));
        var large = await _athena.PostJsonAsync("/v1/servers/e/stats", "{" + new string(' ', 1 << 20) + "}");
        Assert.Equal("MALFORMED_REQUEST", await Errors.ReasonAsync(large));
    }

    [Theory]
    [InlineData("/v1/farms/web:balance?leese=true")]
    [InlineData("/v1/farms/web:balance?lease=true&lease=false")]
    [InlineData("/v1/farms/web:balance?lease=")]
    [InlineData("/v1/servers/e/stats?verbose=1")]
    public async Task An_unknown_or_repeated_parameter_is_refused(string path) =>
        Assert.Equal("MALFORMED_REQUEST", await Errors.ReasonAsync(await _athena.Http.GetAsync(path)));

    [Fact]
    public async Task A_parameter_of_the_wrong_type_is_refused() =>
        Assert.Equal(HttpStatusCode.BadRequest, (await _athena.Http.GetAsync("/v1/farms/web:balance?alternates=many")).StatusCode);

    [Theory]
    [InlineData("PUT", "/v1/farms/web:balance", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("DELETE", "/v1/servers/e/stats", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("GET", "/v1/nothing", 404, "ROUTE_NOT_FOUND")]
    [InlineData("POST", "/v1/nothing/at/all", 404, "ROUTE_NOT_FOUND")]
    [InlineData("GET", "/", 404, "ROUTE_NOT_FOUND")]
    public async Task A_wrong_path_or_method_is_named(string method, string path, int status, string reason)
    {
        var response = await _athena.Http.SendAsync(new(new HttpMethod(method), path));
        Assert.Equal((status, reason), ((int)response.StatusCode, await Errors.ReasonAsync(response)));
    }

    [Fact]
    public async Task An_unknown_server_is_named()
    {
        var (code, info) = await Errors.OfAsync(_athena.Stats.UpdateStatsAsync(new() { Server = "z", Stats = { ["load"] = 1 } }));
        Assert.Equal((StatusCode.NotFound, "SERVER_NOT_FOUND", "z"), (code, info.Reason, info.Metadata["server"]));
        Assert.Equal("SERVER_NOT_FOUND", await Errors.ReasonAsync(await _athena.PostJsonAsync("/v1/servers/z/stats", """{"stats":{"load":1}}""")));
        Assert.Equal("SERVER_NOT_FOUND", await Errors.ReasonAsync(await _athena.Http.GetAsync("/v1/servers/z")));
    }

    [Theory]
    [InlineData("/athena.v1.BalancerService/Balance")]
    [InlineData("/athena.v1.StatsService/StreamStats")]
    [InlineData("/athena.v1.BalancerService/BalanceStream")]
    [InlineData("/athena.v1.WatchService/WatchHealth")]
    public async Task Bytes_that_are_no_message_are_refused_as_such(string method)
    {
        using var http = new HttpClient();
        // A frame of four bytes: field 1 of ten bytes, of which two are there.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_athena.GrpcAddress, method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 4, 0x0A, 0x0A, 0x61, 0x62]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        var trailers = response.TrailingHeaders.Contains("grpc-status") ? response.TrailingHeaders : response.Headers;
        Assert.Equal("3", Assert.Single(trailers.GetValues("grpc-status")));
        var details = Assert.Single(trailers.GetValues("grpc-status-details-bin"));
        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
        Assert.Equal("MALFORMED_REQUEST", status.GetDetail<ErrorInfo>()!.Reason);
        Assert.DoesNotContain("   at ", _athena.Process.Output, StringComparison.Ordinal);
    }

    [Fact] // S12 of the reliability goals.
    public async Task Poison_leaves_the_distribution_of_100_000_decisions_as_it_was()
    {
        var loads = new[] { 1.0, 2, 3, 4 };
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = loads.ToDictionary(l => $"s{l}", l => (object)new { Address = "http://127.0.0.1:9001" }),
            Farms = new { web = new { Policy = new { Name = "least_load", Pick = "proportional", HandOutCost = 0 }, Members = loads.ToDictionary(l => $"s{l}", _ => new { Weight = 1 }) } },
        });
        foreach (var load in loads)
        {
            await athena.Stats.UpdateStatsAsync(new() { Server = $"s{load}", Stats = { ["load"] = load } });
        }
        var before = await DecideAsync(athena, 100_000);
        foreach (var poison in Poison)
        {
            await Errors.OfAsync(athena.Stats.UpdateStatsAsync(new() { Server = "s2", Stats = { ["load"] = poison.Data } }));
            var json = double.IsFinite(poison.Data) ? poison.Data.ToString("R", CultureInfo.InvariantCulture) : $"\"{poison.Data.ToString(CultureInfo.InvariantCulture)}\"";
            Assert.Equal(HttpStatusCode.BadRequest, (await athena.PostJsonAsync("/v1/servers/s3/stats", $$$"""{"stats":{"load":{{{json}}}}}""")).StatusCode);
        }
        var after = await DecideAsync(athena, 100_000);
        Assert.Equal(before, after); // The same seeds, the same picks.
        var total = loads.Sum(l => 1 / l);
        var squares = loads.Sum(l => Math.Pow(after.Count(s => s == $"s{l}") - (100_000 / l / total), 2) / (100_000 / l / total));
        Assert.True(squares < 16.27, $"chi squared {squares}; 16.27 is passed once in a thousand by chance, with three degrees of freedom");
    }

    private static async Task<List<string>> DecideAsync(AthenaHost athena, int count)
    {
        const int AtOnce = 1000;
        var servers = new List<string>();
        using var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token());
        for (var first = 0; first < count; first += AtOnce)
        {
            await stream.RequestStream.WriteAsync(new()
            {
                Questions = { Enumerable.Range(first, AtOnce).Select(i => new BalanceQuestion { Id = (ulong)i, Request = new() { Farm = "web", Seed = (ulong)i } }) },
            });
            Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
            servers.AddRange(stream.ResponseStream.Current.Answers.Select(a => a.Decisions[0].Server));
        }
        return servers;
    }

    [Fact]
    public async Task Poison_changes_no_decision()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001" }, b = new { Address = "http://127.0.0.1:9002" } },
            Farms = new { web = new { Policy = new { Name = "least_load", Pick = "best", HandOutCost = 0 }, Members = new { a = new { }, b = new { } } } },
        });
        await athena.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["load"] = 1 } });
        await athena.Stats.UpdateStatsAsync(new() { Server = "b", Stats = { ["load"] = 2 } });
        foreach (var poison in Poison)
        {
            await Errors.OfAsync(athena.Stats.UpdateStatsAsync(new() { Server = "b", Stats = { ["load"] = poison.Data } }));
        }
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        }
    }
}
