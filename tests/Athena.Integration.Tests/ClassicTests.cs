using System.Net;
using System.Text;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>mod_athena's interface, as its clients see it: balance and status, whole requests and whole answers.</summary>
public sealed class ClassicTests(ClassicFixture fixture) : IClassFixture<ClassicFixture>
{
    private readonly AthenaHost _athena = fixture.Athena;

    [Fact]
    public async Task The_five_known_requests_work_byte_for_byte()
    {
        await using var athena = await ClassicFixture.StartAsync(new { Debug = true });
        var (status, chosen) = await ClassicFixture.GetRawAsync(athena, "/ath/balance/?farm_one");
        Assert.Equal((200, "127.0.0.1:9001\n"), (status, chosen));
        Assert.Equal((200, "app01,-\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys/?Eh=app01,f=\"%h,%c\""));
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/athena_balancer/update/phys?h=app01,c=12,m=57.3421,0cus=20"));
        Assert.Equal((200, "app01,12\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys/?Eh=app01,f=\"%h,%c\""));
        Assert.Equal((200, "app01,12\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys/?Eh%3Dapp01%2Cf%3D%22%25h%2C%25c%22"));
        var (debugStatus, debug) = await ClassicFixture.GetRawAsync(athena, "/athena/status/debug?true");
        Assert.Equal(200, debugStatus);
        Assert.Contains("statistic mem 57.3421", debug, StringComparison.Ordinal);
        var stats = (await athena.Stats.GetStatsAsync(new() { Server = "app01" })).Stats.ToDictionary(s => s.Key, s => s.Value.Value);
        Assert.Equal(new() { ["cpu"] = 12, ["mem"] = 57.3421, ["cus0"] = 20 }, stats);
    }

    [Theory]
    [InlineData("curl", "-sSg")]
    [InlineData("wget", "-qO-")]
    public async Task The_known_requests_work_with_real_tools(string tool, string options)
    {
        var http = _athena.Http.BaseAddress!.ToString().TrimEnd('/');
        Task<string> GetAsync(string target) => ClassicFixture.RunToolAsync(tool, options, http + target);
        Assert.Equal("10.0.0.3\n", await GetAsync("/ath/balance/?farm=East"));
        Assert.Equal("OK\n", await GetAsync("/athena_balancer/update/phys?h=app02,c=12,m=57.3421,0cus=20"));
        Assert.Equal("app02,12\n", await GetAsync("/ath/status/phys/?Eh=app02,f=\"%h,%c\""));
        Assert.Equal("app02,12\n", await GetAsync("/ath/status/phys/?h=app02,f=\"%h,%c\""));
        Assert.Equal("app02,12\n", await GetAsync("/ath/status/phys/?Eh%3Dapp02%2Cf%3D%22%25h%2C%25c%22"));
        Assert.StartsWith("engine on", await GetAsync("/athena/status/debug?true"));
    }

    [Theory]
    [InlineData("/ath/balance?farm=East,f=\"%h,%N,%a,%w\"", "app03,East,http://10.0.0.3,1\n")]
    [InlineData("/ath/balance?nobody&gone&farm=East", "ERROR no server available in nobody\nhttps://sorry.example/é?a=1&b=2\n10.0.0.3\n")]
    [InlineData("/ath/balance?nobody,gone", "ERROR no server available in nobody\nhttps://sorry.example/é?a=1&b=2\n")]
    [InlineData("/ath/balance?farm_two,exclude=app02", "10.0.0.3\n")]
    [InlineData("/ath/balance?nosuch&farm=East", "ERROR no farm 'nosuch'\n10.0.0.3\n")]
    [InlineData("/ath/status/phys?h=app04", "app04 on up in - - - - -\n")]
    [InlineData("/ath/status/phys?h=app09,f=%N:%w:%F", "-:-:-\n")]
    [InlineData("/ath/status/phys?app02,f=%N|%w", "farm_one/farm_two|1/3\n")]
    [InlineData("/ath/status/phys?farm=farm_two,f=%h/%w", "app02/3\napp03/1\n")]
    [InlineData("/ath/status/phys?N=farm_two,h=app02,f=%h/%w", "app02/3\n")]
    [InlineData("/ath/status/phys?f=%h", "app01\napp02\napp03\napp04\napp09\n")]
    [InlineData("/ath/status/phys?h=*,f=%h", "app01\napp02\napp03\napp04\napp09\n")]
    [InlineData("/ath/status/phys?h=app01,f=%h&h=app01,f=%s", "app01\non\n")]
    [InlineData("/ath/status/farm?*", "East on up in - - - - -\nfarm_one on up in 12 - - - 0\nfarm_two on up in - - - - -\ngone on down out - - - - -\nnobody on down out - - - - -\n")]
    [InlineData("/ath/status/farm?h=gone,f=%h|%F|%{forward-off}|%{available}", "gone|https://sorry.example/é?a=1&b=2|-|no\n")]
    [InlineData("/ath/status/farm?farm=farm_one,f=%w", "3\n")]
    [InlineData("/ath/status/engine?f=\"%h,%s,%u\"", "athena,on,up\n")]
    public async Task A_good_request_has_its_answer(string target, string expected)
    {
        await using var athena = target.Contains("farm?*", StringComparison.Ordinal) ? await ClassicFixture.StartAsync() : null;
        if (athena is not null)
        {
            await athena.Stats.UpdateStatsAsync(new() { Server = "app01", Stats = { ["cpu"] = 12 } });
        }
        Assert.Equal((200, expected), await ClassicFixture.GetRawAsync(athena ?? _athena, target));
    }

    [Theory]
    [InlineData("GET", "/ath/balance", 400, "ERROR usage: balance?FARM")]
    [InlineData("GET", "/ath/balance?farm_on", 404, "ERROR no farm 'farm_on'; did you mean 'farm_one'?\n")]
    [InlineData("GET", "/ath/balance?East", 404, "ERROR no farm 'ast'; did you mean 'East'?\n")]
    [InlineData("GET", "/ath/balance/?nobody", 503, "ERROR no server available in nobody\n")]
    [InlineData("GET", "/ath/balance?E%zz", 400, "ERROR '%zz' is not an escape of text\n")]
    [InlineData("GET", "/ath/balance?a+b", 400, "ERROR 'a+b' is not the name of a farm")]
    [InlineData("GET", "/ath/status/phys/?", 400, "ERROR usage: status/phys?h=NAME")]
    [InlineData("GET", "/ath/status/farm", 400, "ERROR usage: status/farm?h=NAME")]
    [InlineData("GET", "/ath/status/engine", 400, "ERROR usage: status/engine?true")]
    [InlineData("GET", "/ath/status/debug", 400, "ERROR usage: status/debug?true")]
    [InlineData("GET", "/ath/update/phys", 400, "ERROR usage: update/phys?h=SERVER")]
    [InlineData("GET", "/ath/update/farm", 400, "ERROR usage: update/farm?h=FARM")]
    [InlineData("GET", "/ath/mirror/phys", 400, "ERROR usage: mirror/phys?h=NAME")]
    [InlineData("GET", "/ath/status/phys?h=app1", 404, "ERROR no server 'app1'; did you mean 'app01'?")]
    [InlineData("GET", "/ath/status/phys?farm=nosuch", 404, "ERROR no farm 'nosuch'")]
    [InlineData("GET", "/ath/status/phys?farm=farm_one,h=app03", 404, "ERROR server 'app03' is not a member of farm 'farm_one'")]
    [InlineData("GET", "/ath/status/farm?h=nosuch", 404, "ERROR no farm 'nosuch'")]
    [InlineData("GET", "/ath/status/engine?h=x", 400, "ERROR the engine has no name")]
    [InlineData("GET", "/ath/status/phys?f=%q", 400, "ERROR '%q' is not a field, in the format '%q'")]
    [InlineData("GET", "/ath/status/phys?f=%{nosuch}", 400, "ERROR '%{nosuch}' is not a field, and no server")]
    [InlineData("GET", "/ath/status/phys?h=app01,f=\"%h", 400, "ERROR the quote is not closed")]
    [InlineData("GET", "/ath/status/phys?h=app01,f=%h,%c", 400, "ERROR two names or formats are given: 'app01' and '%c'; a value with commas stands in quotes")]
    [InlineData("GET", "/ath/status/phys?color=red", 400, "ERROR 'color' selects nothing")]
    [InlineData("GET", "/ath/status/phys?h=app01&h=app02", 400, "ERROR the requests concern both 'app01' and 'app02'; nothing was done")]
    [InlineData("GET", "/ath/status/phys?*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*&*", 413, "ERROR more than 16 requests in one query; nothing was done")]
    [InlineData("GET", "/ath/balance?a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", 413, "ERROR more than 16 requests in one query; nothing was done")]
    [InlineData("GET", "/ath/status", 404, "ERROR no function 'status' here; there are balance, status/farm")]
    [InlineData("GET", "/ath/status/nosuch?x", 404, "ERROR no function 'status/nosuch' here")]
    [InlineData("GET", "/ath/", 404, "ERROR no function '' here")]
    [InlineData("GET", "/ath/v1/farms", 404, "ERROR no function 'v1/farms' here")]
    [InlineData("POST", "/ath/balance?farm_one", 405, "ERROR balance has no method POST; it has GET, HEAD")]
    [InlineData("PUT", "/ath/status/phys?*", 405, "ERROR status/phys has no method PUT; it has GET, HEAD")]
    [InlineData("HEAD", "/ath/update/phys?h=app01,c=1", 405, "")]
    [InlineData("DELETE", "/ath/mirror/farm?*", 405, "ERROR mirror/farm has no method DELETE; it has GET, HEAD, POST")]
    public async Task A_bad_request_is_named_as_text_with_its_status(string method, string target, int status, string text)
    {
        var answer = await ClassicFixture.SendRawAsync(_athena, Encoding.Latin1.GetBytes($"{method} {target}"));
        var (head, body) = (answer[..answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)], answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.StartsWith(text, body, StringComparison.Ordinal);
        Assert.Equal(text.Length > 0 ? 1 : 0, body.Count(c => c == '\n'));
        Assert.Contains("Content-Type: text/plain", head, StringComparison.Ordinal);
        Assert.Contains("Cache-Control: no-store", head, StringComparison.Ordinal);
        Assert.Equal(status == 405, head.Contains("\r\nAllow: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Arbitrary_bytes_are_400_and_the_service_goes_on()
    {
        var random = new Random(7);
        var bytes = new byte[40];
        foreach (var function in new[] { "balance", "status/phys", "update/phys", "mirror/phys" })
        {
            for (var k = 0; k < 25; k++)
            {
                random.NextBytes(bytes);
                // What ends a request line is not part of a query.
                var query = bytes.Where(b => b is not ((byte)' ' or (byte)'\r' or (byte)'\n' or (byte)'#')).ToArray();
                var answer = await ClassicFixture.SendRawAsync(_athena, [.. Encoding.ASCII.GetBytes($"GET /ath/{function}?"), .. query, 0xFF]);
                Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
                var escaped = string.Concat(query.Select(b => $"%{b:X2}")) + "%FF";
                Assert.Equal(400, (await ClassicFixture.GetRawAsync(_athena, $"/ath/{function}?E{escaped}")).Status);
            }
        }
        Assert.DoesNotContain("nobody foresaw", _athena.Process.Output, StringComparison.Ordinal);
        Assert.Equal(200, (await ClassicFixture.GetRawAsync(_athena, "/ath/balance?farm_one")).Status);
    }

    [Theory]
    [InlineData("/ath")]
    [InlineData("/athena")]
    [InlineData("/athena_balancer")]
    public async Task Every_engine_path_works_by_whole_segments(string path)
    {
        Assert.Equal(200, (await ClassicFixture.GetRawAsync(_athena, $"{path}/balance?farm_one")).Status);
        Assert.Equal(200, (await ClassicFixture.GetRawAsync(_athena, $"{path}/balance/?farm_one")).Status);
        Assert.Contains("ROUTE_NOT_FOUND", (await ClassicFixture.GetRawAsync(_athena, $"{path}x/balance?farm_one")).Body, StringComparison.Ordinal);
        Assert.StartsWith("ERROR no function", (await ClassicFixture.GetRawAsync(_athena, path)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_tell_what_the_line_tells()
    {
        var chosen = await _athena.Http.GetAsync("/ath/balance?farm=East");
        Assert.Equal(["app03", "East", "0", "10.0.0.3"], new[] { "Athena-Server", "Athena-Farm", "Athena-Forwarded", "Athena-Address" }.Select(h => chosen.Headers.GetValues(h).Single()));
        var forwarded = await _athena.Http.GetAsync("/ath/balance?gone");
        Assert.Equal(HttpStatusCode.OK, forwarded.StatusCode);
        Assert.Equal("1", forwarded.Headers.GetValues("Athena-Forwarded").Single());
        Assert.False(forwarded.Headers.Contains("Athena-Server"));
        Assert.False((await _athena.Http.GetAsync("/ath/balance?farm=East&farm_one")).Headers.Contains("Athena-Server"));
    }

    [Fact]
    public async Task A_hash_key_leads_to_the_server_that_gRPC_gives_for_it()
    {
        for (var k = 0; k < 20; k++)
        {
            var server = (await _athena.Balancer.BalanceAsync(new() { Farm = "farm_two", HashKey = $"user,{k}" })).Server;
            Assert.Equal((200, server + "\n"), await ClassicFixture.GetRawAsync(_athena, $"/ath/balance?farm_two,key=\"user,{k}\",f=%h"));
        }
    }

    [Fact]
    public async Task HEAD_of_a_status_has_the_length_and_no_body()
    {
        var head = await _athena.Http.SendAsync(new(HttpMethod.Head, "/ath/status/phys?h=app04"));
        Assert.Equal((HttpStatusCode.OK, (long?)25), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task AlwaysOk_turns_every_status_to_200()
    {
        await using var athena = await ClassicFixture.StartAsync(new { AlwaysOk = true, AllowDiverseMulti = true });
        Assert.Equal((200, "ERROR no server available in nobody\n"), await ClassicFixture.GetRawAsync(athena, "/ath/balance?nobody"));
        Assert.Equal(200, (await ClassicFixture.GetRawAsync(athena, "/ath/nosuch?x")).Status);
        Assert.Equal((200, "ERROR status/debug is switched off; Athena:Classic:Debug switches it on\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/debug?true"));
        Assert.Equal((200, "app01\nERROR no server 'app1'; did you mean 'app01'?\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%h&h=app1"));
    }

    [Fact]
    public async Task The_same_functions_work_over_gRPC_and_as_JSON_routes()
    {
        Assert.Equal("app04 on up in - - - - -\n", (await _athena.Classic.StatusPhysAsync(new() { Raw = "h=app04" })).Data.ToStringUtf8());
        Assert.Equal("gone\n", (await _athena.Classic.StatusFarmAsync(new() { Raw = "h=gone,f=%h" })).Data.ToStringUtf8());
        Assert.Equal("athena\n", (await _athena.Classic.StatusEngineAsync(new() { Raw = "f=%h" })).Data.ToStringUtf8());
        Assert.StartsWith("engine on", (await _athena.Classic.StatusDebugAsync(new() { Raw = "true" })).Data.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Equal("OK\n", (await _athena.Classic.UpdatePhysAsync(new() { Raw = "h=app09,jobs=3" })).Data.ToStringUtf8());
        Assert.Equal("3\n", await _athena.Http.GetStringAsync("/v1/classic/status/phys?raw=h%3Dapp09,f%3D%25%7Bjobs%7D"));
        Assert.Equal((StatusCode.NotFound, "SERVER_NOT_FOUND"), Plain(await Errors.OfAsync(_athena.Classic.StatusPhysAsync(new() { Raw = "h=zz" }))));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), Plain(await Errors.OfAsync(_athena.Classic.UpdateFarmAsync(new() { Raw = "" }))));
        var json = await _athena.PostJsonAsync("/v1/classic/update/farm", """{"raw":"h=nosuch,s=off"}""");
        Assert.Equal("FARM_NOT_FOUND", await Errors.ReasonAsync(json));
    }

    [Fact]
    public async Task The_dump_masks_secrets()
    {
        var fleet = ClassicFixture.Fleet(new { Debug = true });
        fleet["Servers"] = new { app01 = new { Address = "http://user:geheim@127.0.0.1:9001" } };
        fleet["Farms"] = new { farm_one = new { Members = new { app01 = new { } }, Forward = new { Down = "https://user:geheim@sorry.example/" } } };
        await using var athena = await AthenaHost.StartAsync(fleet);
        var dump = (await ClassicFixture.GetRawAsync(athena, "/athena/status/debug?true")).Body;
        Assert.DoesNotContain("geheim", dump, StringComparison.Ordinal);
        Assert.Contains("http://********@127.0.0.1:9001", dump, StringComparison.Ordinal);
        Assert.Contains("farm farm_one on", dump, StringComparison.Ordinal);
    }

    private static (StatusCode, string) Plain((StatusCode Code, Google.Rpc.ErrorInfo Info) error) => (error.Code, error.Info.Reason);
}
