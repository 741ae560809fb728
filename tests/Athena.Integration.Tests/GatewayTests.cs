using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Athena.Testing;
using Athena.V1;
using Microsoft.AspNetCore.Http;

namespace Athena.Integration.Tests;

public sealed class GatewayTests
{
    [Theory]
    [InlineData("--Gateway:Affinity:0:By=issue", "Gateway:Affinity:0:By: 'issue' is not address or header or cookie or issued")]
    [InlineData("--Gateway:Timeout=soon", "Gateway:Timeout: 'soon' is not a time; write hh:mm:ss or d.hh:mm:ss")]
    [InlineData("--Gateway:ProxyPas:0:From=/", "Gateway:ProxyPas: there is no such key; there are Service, ")]
    [InlineData("--Gateway:Edge:TrustedProxy=10.0.0.1", "Gateway:Edge:TrustedProxy: there is no such key; there are TrustedProxies, Underscores, EscapedSlashes, ClientIp")]
    [InlineData("--Gateway:Affinity:1:Key=x", "Gateway:Affinity:1:Key: there is no such key; there are Farm, By, ")]
    [InlineData("--Gateway:Service:0=athena", "'athena' is not an address of the service")]
    public async Task A_setting_that_cannot_be_stops_the_start_and_is_named_with_what_may_stand_there(string argument, string fault)
    {
        await using var gateway = ChildProcess.Start("Athena.Gateway", "--Kestrel:Endpoints:Traffic:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Management:Url=http://127.0.0.1:0", argument);
        Assert.Equal(1, await gateway.ExitCodeAsync());
        Assert.Contains(fault, gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_leads_to_the_servers_that_the_service_chooses()
    {
        await using var house = await House.StartAsync("/reports/", "http://web/r/", "a", "b");
        var answers = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            answers.Add(await house.Gateway.Traffic.GetStringAsync("/reports/daily?x=1"));
        }
        Assert.Equal(["a /r/daily?x=1", "a /r/daily?x=1", "b /r/daily?x=1", "b /r/daily?x=1"], answers.Order());
        Assert.Equal(HttpStatusCode.NotFound, (await house.Gateway.Traffic.GetAsync("/elsewhere")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await house.Gateway.Traffic.GetAsync("/reportsand")).StatusCode);
    }

    [Fact]
    public async Task A_route_of_YARP_may_name_a_farm_as_its_cluster()
    {
        await using var backend = await Backend.StartAsync("a");
        await using var athena = await AthenaHost.StartAsync(House.Fleet("web", backend));
        await using var gateway = await GatewayHost.StartAsync(athena.GrpcAddress,
            "--ReverseProxy:Routes:r:ClusterId=athena:web", "--ReverseProxy:Routes:r:Match:Path=/app/{**rest}", "--ReverseProxy:Routes:r:Transforms:0:PathRemovePrefix=/app", "--Gateway:DebugHeaders=true");
        var response = await gateway.Traffic.GetAsync("/app/x");
        Assert.Equal("a /x", await response.Content.ReadAsStringAsync());
        Assert.Equal(("a", "web"), (response.Headers.GetValues("Athena-Server").Single(), response.Headers.GetValues("Athena-Farm").Single()));
    }

    [Fact]
    public async Task The_lease_of_a_request_lasts_as_long_as_the_request()
    {
        var inside = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync("a", async _ =>
        {
            inside.TrySetResult();
            await leave.Task;
        });
        await using var house = await House.StartAsync("/", "http://web/", backend);
        var request = house.Gateway.Traffic.GetAsync("/");
        await inside.Task.WaitAsync(Deadline.Generous);
        Assert.Equal(1, await house.InFlightAsync("a"));
        leave.SetResult();
        await request;
        await Deadline.UntilAsync(() => house.InFlightAsync("a"), inFlight => inFlight == 0);
    }

    [Fact]
    public async Task The_lease_of_a_visitor_who_goes_away_ends()
    {
        var inside = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync("a", async context =>
        {
            inside.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        await using var house = await House.StartAsync("/", "http://web/", backend);
        using var leave = new CancellationTokenSource();
        var request = house.Gateway.Traffic.GetAsync("/", leave.Token);
        await inside.Task.WaitAsync(Deadline.Generous);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await Deadline.UntilAsync(() => house.InFlightAsync("a"), inFlight => inFlight == 0);
    }

    [Fact]
    public async Task A_server_that_is_switched_off_gets_nothing_at_once()
    {
        await using var house = await House.StartAsync("/", "http://web/", "a", "b");
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var answered = 0;
            while (!stop.IsCancellationRequested)
            {
                Assert.Equal(HttpStatusCode.OK, (await house.Gateway.Traffic.GetAsync("/")).StatusCode);
                answered++;
            }
            return answered;
        })).ToArray();
        await Deadline.UntilAsync(() => Task.FromResult(house.Backends[0].Served), served => served > 100);
        await house.Athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        // Whoever was decided before the change is still on the way; when the last of them has ended, the count stands still.
        await Deadline.UntilAsync(() => house.InFlightAsync("a"), inFlight => inFlight == 0);
        var before = (A: house.Backends[0].Served, B: house.Backends[1].Served);
        await Deadline.UntilAsync(() => Task.FromResult(house.Backends[1].Served), served => served > before.B + 200);
        Assert.Equal(before.A, house.Backends[0].Served);
        await stop.CancelAsync();
        Assert.True((await Task.WhenAll(load)).Sum() > 300);
    }

    [Theory]
    [InlineData("text/html,application/xhtml+xml", "text/html")]
    [InlineData("application/json", "application/problem+json")]
    [InlineData("*/*", "application/problem+json")]
    public async Task Without_a_server_a_visitor_gets_503_in_the_form_asked_for(string accept, string type)
    {
        await using var house = await House.StartAsync("/", "http://web/", Array.Empty<Backend>());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Accept.ParseAdd(accept);
        var response = await house.Gateway.Traffic.SendAsync(request);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        if (type != "text/html")
        {
            Assert.Equal("NO_AVAILABLE_MEMBER", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("reason").GetString());
        }
    }

    [Fact]
    public async Task A_farm_at_its_capacity_answers_429()
    {
        var leave = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync("a", _ => leave.Task);
        var fleet = new
        {
            Servers = new { a = new { Address = backend.Address.ToString() } },
            Farms = new { web = new { Members = new { a = new { } }, MaxInFlight = 1 } },
        };
        await using var athena = await AthenaHost.StartAsync(fleet);
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/");
        var first = gateway.Traffic.GetAsync("/");
        await Deadline.UntilAsync(async () => (await athena.Stats.GetStatsAsync(new() { Server = "a" })).InFlight, inFlight => inFlight == 1);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.Traffic.GetAsync("/")).StatusCode);
        leave.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
    }

    [Fact]
    public async Task Without_the_service_a_visitor_gets_503_and_the_gateway_is_not_ready()
    {
        await using var gateway = await GatewayHost.PassAsync(new Uri("http://127.0.0.1:9"), "/", "http://web/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Traffic.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Management.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Management.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task Health_and_metrics_are_on_the_management_address_alone()
    {
        await using var house = await House.StartAsync("/", "http://web/", "a");
        Assert.Equal(HttpStatusCode.OK, (await house.Gateway.Management.GetAsync("/readyz")).StatusCode);
        Assert.Equal("a /readyz", await house.Gateway.Traffic.GetStringAsync("/readyz"));
        Assert.Equal(HttpStatusCode.NotFound, (await house.Gateway.Management.GetAsync("/")).StatusCode);
        // A request is counted when it has ended, which its visitor may see first.
        await Deadline.UntilAsync(() => house.Gateway.Management.GetStringAsync("/metrics"),
            page => Regex.IsMatch(page, """athena_gateway_proxying_duration_seconds_count\{[^}]*farm="web",outcome="success",server="a"\} 1"""));
    }

    [Fact]
    public async Task A_redirect_of_a_server_to_itself_leads_back_through_the_gateway()
    {
        string? location = null;
        await using var backend = await Backend.StartAsync("a", context =>
        {
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers.Location = location;
            return Task.CompletedTask;
        });
        await using var house = await House.StartAsync("/reports/", "http://web/r/", backend);
        foreach (var (sent, seen) in new[]
        {
            ($"{backend.Address}r/new?x=1", "/reports/new?x=1"), ("/r/new", "/reports/new"), ("/r", "/reports"), ("/rr/new", "/rr/new"),
            ("https://elsewhere.example/r/new", "https://elsewhere.example/r/new"), ("//elsewhere.example/r/", "//elsewhere.example/r/"),
        })
        {
            location = sent;
            Assert.Equal(seen, (await house.Gateway.Traffic.GetAsync("/reports/old")).Headers.Location?.OriginalString);
        }
    }

    [Fact]
    public async Task A_forward_to_a_URL_is_proxied()
    {
        await using var sorry = await Backend.StartAsync("sorry");
        var fleet = new
        {
            Farms = new
            {
                open = new { Forward = new { Down = $"{sorry.Address}closed/" } },
                @fixed = new { Forward = new { Down = $"{sorry.Address}sorry.html" } },
            },
        };
        await using var athena = await AthenaHost.StartAsync(fleet);
        await using var gateway = await GatewayHost.StartAsync(athena.GrpcAddress,
            "--Gateway:ProxyPass:0:From=/open/", "--Gateway:ProxyPass:0:To=http://open/", "--Gateway:ProxyPass:1:From=/fixed/", "--Gateway:ProxyPass:1:To=http://fixed/");
        Assert.Equal("sorry /closed/page?x=1", await gateway.Traffic.GetStringAsync("/open/page?x=1"));
        Assert.Equal("sorry /sorry.html", await gateway.Traffic.GetStringAsync("/fixed/page?x=1"));
    }

    [Fact]
    public async Task A_forward_to_a_URL_can_be_a_redirect()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Farms = new { open = new { Forward = new { Down = "https://sorry.example/closed/" } }, @fixed = new { Forward = new { Down = "https://sorry.example/sorry.html" } } },
        });
        await using var gateway = await GatewayHost.StartAsync(athena.GrpcAddress, "--Gateway:UrlForwards=redirect",
            "--Gateway:ProxyPass:0:From=/open/", "--Gateway:ProxyPass:0:To=http://open/r/", "--Gateway:ProxyPass:1:From=/", "--Gateway:ProxyPass:1:To=http://fixed/");
        foreach (var (asked, told) in new[]
        {
            ("/open/a%20page?x=1", "https://sorry.example/closed/r/a%20page?x=1"), ("/open/", "https://sorry.example/closed/r/"), ("/page?x=1", "https://sorry.example/sorry.html"),
        })
        {
            using var answer = await gateway.Traffic.PostAsync(asked, new StringContent("body"));
            Assert.Equal((HttpStatusCode.Found, told, "no-store"), (answer.StatusCode, answer.Headers.Location?.OriginalString, answer.Headers.CacheControl?.ToString()));
        }
    }

    [Fact]
    public async Task The_route_that_says_more_goes_first_among_ProxyPass_and_routes_of_YARPs()
    {
        await using var house = await House.StartAsync("/", "http://web/all/",
            [
                "--Gateway:ProxyPass:1:From=/shop/", "--Gateway:ProxyPass:1:To=http://web/passed/", "--Gateway:ProxyPass:2:From=/shop/cart/", "--Gateway:ProxyPass:2:To=http://web/cart/",
                "--ReverseProxy:Routes:long:ClusterId=athena:web", "--ReverseProxy:Routes:long:Match:Path=/shop/static/{**rest}", "--ReverseProxy:Routes:long:Transforms:0:PathPrefix=/own",
                "--ReverseProxy:Routes:host:ClusterId=athena:web", "--ReverseProxy:Routes:host:Match:Path=/{**rest}", "--ReverseProxy:Routes:host:Match:Hosts:0=admin.example", "--ReverseProxy:Routes:host:Transforms:0:PathPrefix=/admin",
                "--ReverseProxy:Routes:put:ClusterId=athena:web", "--ReverseProxy:Routes:put:Match:Path=/shop/{**rest}", "--ReverseProxy:Routes:put:Match:Methods:0=PUT", "--ReverseProxy:Routes:put:Transforms:0:PathPrefix=/put",
            ], await Backend.StartAsync("a"));
        foreach (var (method, host, asked, seen) in new[]
        {
            ("GET", "", "/x", "/all/x"), ("GET", "", "/shop/x", "/passed/x"), ("GET", "", "/shop/cart/x", "/cart/x"), ("GET", "", "/shop/static/x", "/own/shop/static/x"),
            ("GET", "admin.example", "/x", "/admin/x"), ("GET", "admin.example", "/shop/x", "/passed/x"), ("PUT", "", "/shop/x", "/put/shop/x"), ("PUT", "", "/shop/cart/x", "/cart/x"),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), asked);
            request.Headers.Host = host.Length > 0 ? host : null;
            using var answer = await house.Gateway.Traffic.SendAsync(request);
            Assert.Equal((asked, $"a {seen}"), (asked, await answer.Content.ReadAsStringAsync()));
        }
    }

    [Theory]
    [InlineData("service")]
    [InlineData("local")]
    public async Task A_redirect_after_a_retry_names_the_URL_and_not_the_server_that_was_tried(string resolution)
    {
        const string Url = "https://sorry.example/closed";
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { dead = new { Address = (await BreakableBackend.DeadAsync()).ToString() } },
            Farms = new { web = new { Members = new { dead = new { } }, Forward = new { Down = Url } } },
        });
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", "--Gateway:UrlForwards=redirect", "--Gateway:DebugHeaders=true", "--Gateway:Ahead=false");
        if (resolution == "local")
        {
            await Deadline.UntilAsync(() => gateway.Management.GetAsync("/readyz"), r => r.IsSuccessStatusCode);
            athena.Process.Signal(ChildProcess.SigKill);
            await athena.Process.ExitCodeAsync();
        }
        using var answer = await gateway.Traffic.GetAsync("/page");
        Assert.Equal((HttpStatusCode.Found, Url), (answer.StatusCode, answer.Headers.Location?.OriginalString));
        Assert.Equal([Url, "web", resolution], new[] { "Athena-Server", "Athena-Farm", "Athena-Resolution" }.Select(h => answer.Headers.GetValues(h).Single()));
        Assert.Matches("""athena_gateway_retries_total\{[^}]*farm="web"[^}]*\} 1""", await gateway.Management.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task A_bad_option_stops_the_start_and_is_named()
    {
        await using var gateway = ChildProcess.Start("Athena.Gateway", "--Kestrel:Endpoints:Traffic:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Management:Url=http://127.0.0.1:0",
            "--Gateway:ProxyPass:0:From=reports", "--Gateway:ProxyPass:0:To=http://web/", "--Gateway:Service:0=nowhere");
        Assert.Equal(1, await gateway.ExitCodeAsync());
        Assert.Contains("From must be a path", gateway.Output, StringComparison.Ordinal);
    }
}
