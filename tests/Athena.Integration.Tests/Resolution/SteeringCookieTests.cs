using System.Collections.Concurrent;
using Athena.Client.Steering;
using Athena.Testing;
using Microsoft.AspNetCore.Http;

namespace Athena.Integration.Tests.Resolution;

/// <summary>Steering tokens through the gateway, and what the back end says with its answers.</summary>
public sealed class SteeringCookieTests
{
    private static readonly string Secret = Convert.ToBase64String([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);

    private static readonly string StickToB = new SteeringSigner("k1", Secret).Sign(SteeringToken.Stick("web", "b"));

    [Fact]
    public async Task A_visitor_with_a_token_gets_the_server_it_names_and_the_server_never_sees_it()
    {
        var seen = new ConcurrentQueue<string>();
        Task Answer(HttpContext context)
        {
            seen.Enqueue($"{context.Request.Headers.Cookie}|{context.Request.Headers["athena-steer"]}");
            return Task.CompletedTask;
        }
        await using var a = await Backend.StartAsync("a", Answer);
        await using var b = await Backend.StartAsync("b", Answer);
        await using var athena = await AthenaHost.StartAsync(Fleet(a, b));
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/");
        foreach (var (name, value, left) in new[]
        {
            ("athena-steer", StickToB, "|"), ("Cookie", $"athena={StickToB}", "|"), ("Cookie", $"theme=dark; athena={StickToB}; x=1", "theme=dark; x=1|"),
            ("Cookie", $"__Host-athena={StickToB}; athena=forged; athenaeum=2", "athenaeum=2|"), ("Cookie", $"athena=\"{StickToB}\"", "|"),
        })
        {
            for (var i = 0; i < 3; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/");
                request.Headers.TryAddWithoutValidation(name, value);
                Assert.Equal("b", (await gateway.Traffic.SendAsync(request)).Headers.GetValues("X-Served-By").Single());
                Assert.Equal(left, seen.TryDequeue(out var headers) ? headers : null);
            }
        }
        // A forged one is ignored, and taken out as well.
        var served = new HashSet<string>();
        for (var i = 0; i < 4; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.TryAddWithoutValidation("Cookie", $"athena={StickToB}x");
            served.Add((await gateway.Traffic.SendAsync(request)).Headers.GetValues("X-Served-By").Single());
            Assert.Equal("|", seen.TryDequeue(out var headers) ? headers : null);
        }
        Assert.Equal(2, served.Count);
    }

    [Fact]
    public async Task A_token_steers_while_the_service_is_away_and_a_retired_key_no_longer_does()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var gold = await Backend.StartAsync("gold");
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = a.Address.ToString() }, b = new { Address = b.Address.ToString() }, g = new { Address = gold.Address.ToString() } },
            Farms = new { web = new { Members = new { a = new { }, b = new { } }, SteerTo = new[] { "gold" } }, gold = new { Members = new { g = new { } } } },
            Steering = new { Keys = new { k1 = new { Secret } } },
        });
        var file = Path.Combine(Path.GetTempPath(), $"athena-gateway-{Guid.NewGuid():N}.json");
        Task KeysAsync(string id) => File.WriteAllTextAsync(file, $$$"""{ "Gateway": { "Steering": { "Keys": { "{{{id}}}": { "Secret": "{{{Secret}}}", "Farms": [ "web" ] } } } } }""");
        try
        {
            await KeysAsync("k1");
            await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", $"--Config={file}");
            async Task<(string? By, bool Local)> AskAsync(string token)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/");
                request.Headers.Add("athena-steer", token);
                using var answer = await gateway.Traffic.SendAsync(request);
                return (answer.Headers.GetValues("X-Served-By").Single(), answer.Headers.Contains("Athena-Resolution"));
            }
            var signer = new SteeringSigner("k1", Secret);
            var (stick, go) = (StickToB, signer.Sign(SteeringToken.Go("web", "gold")));
            Assert.Equal(("b", false), await AskAsync(stick));
            athena.Process.Signal(ChildProcess.SigKill);
            await athena.Process.ExitCodeAsync();
            await Deadline.UntilAsync(() => AskAsync(stick), answer => answer.Local);
            for (var i = 0; i < 6; i++)
            {
                Assert.Equal(("b", true), await AskAsync(stick));
                Assert.Equal(("gold", true), await AskAsync(go));
            }
            // What is bad is ignored here as there: a normal decision, counted by its reason.
            var served = new HashSet<string?>();
            await Deadline.UntilAsync(() => AskAsync(stick + "x"), answer => served.Add(answer.By) && served.Count == 2);
            Assert.Matches("""athena_gateway_steering_tokens_total\{[^}]*farm="web",result="ok"\} 1\d""", await gateway.Management.GetStringAsync("/metrics"));
            Assert.Matches("""athena_gateway_steering_tokens_total\{[^}]*farm="web",result="(malformed|bad_signature)"\} \d""", await gateway.Management.GetStringAsync("/metrics"));
            await KeysAsync("k2");
            await Deadline.UntilAsync(() => AskAsync(go), answer => answer.By != "gold");
            Assert.DoesNotContain(Secret, gateway.Process.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Servers_get_the_token_when_told_so_and_names_can_be_chosen()
    {
        await using var a = await Backend.StartAsync("a", context => context.Response.WriteAsync(context.Request.Headers.Cookie.ToString()));
        await using var athena = await AthenaHost.StartAsync(Fleet(a, a));
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", "--Gateway:Steering:PassOn=true", "--Gateway:Steering:Cookie=steer");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("Cookie", $"steer={StickToB}; athena=mine");
        Assert.Equal($"steer={StickToB}; athena=mine", await (await gateway.Traffic.SendAsync(request)).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_servers_steering_cookie_is_guarded_and_other_cookies_are_its_own()
    {
        await using var a = await Backend.StartAsync("a", context =>
        {
            context.Response.Headers.SetCookie = new(["athena=t; Path=/", "__Host-athena=t; Secure; samesite=strict; httponly", "theme=dark"]);
            return Task.CompletedTask;
        });
        await using var athena = await AthenaHost.StartAsync(Fleet(a, a));
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", "--Gateway:Edge:TrustedProxies:0=127.0.0.1");
        var plain = await gateway.Traffic.GetAsync("/");
        Assert.Equal(["athena=t; Path=/; HttpOnly; SameSite=Lax", "__Host-athena=t; Secure; samesite=strict; httponly", "theme=dark"], plain.Headers.GetValues("Set-Cookie"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Forwarded-Proto", "https");
        var secure = await gateway.Traffic.SendAsync(request);
        Assert.Equal("athena=t; Path=/; HttpOnly; SameSite=Lax; Secure", secure.Headers.GetValues("Set-Cookie").First());
    }

    [Theory]
    [InlineData("endpoint-load-metrics", "TEXT cpu_utilization=0.7,named_metrics.jobs=3", false)]
    [InlineData("endpoint-load-metrics", "JSON {\"cpu_utilization\": 0.7, \"named_metrics\": {\"jobs\": 3}}", false)]
    [InlineData("endpoint-load-metrics", "TEXT cpu_utilization=0.7,named_metrics.jobs=3", true)]
    public async Task The_load_in_an_answer_becomes_the_servers_statistics_and_no_visitor_sees_it(string name, string value, bool inTrailer)
    {
        await using var a = new BreakableBackend("a")
        {
            Answer = inTrailer ? $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n{name}: {value}\r\n\r\n" : $"HTTP/1.1 200 OK\r\n{name}: {value}\r\nContent-Length: 2\r\n\r\nok",
        };
        await using var athena = await AthenaHost.StartAsync(Fleet(a.Address, a.Address));
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/");
        using var answer = await gateway.Traffic.GetAsync("/");
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        Assert.False(answer.Headers.Contains(name) || answer.TrailingHeaders.Contains(name));
        await Deadline.UntilAsync(async () => (await athena.GetJsonAsync("/v1/servers/a/stats")).ToString() + await athena.GetJsonAsync("/v1/servers/b/stats"),
            stats => stats.Contains("\"named_metrics.jobs\"", StringComparison.Ordinal) && stats.Contains("0.7", StringComparison.Ordinal));
    }

    private static object Fleet(Backend a, Backend b) => Fleet(a.Address, b.Address);

    private static object Fleet(Uri a, Uri b) => new
    {
        Servers = new { a = new { Address = a.ToString() }, b = new { Address = b.ToString() } },
        Farms = new { web = new { Members = new { a = new { }, b = new { } } } },
        Steering = new { Keys = new { k1 = new { Secret } } },
    };
}
