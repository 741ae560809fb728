using System.Text.Json;
using System.Text.RegularExpressions;
using Athena.Client.Steering;
using Athena.Testing;
using Athena.V1;
using Microsoft.AspNetCore.Http;

namespace Athena.Integration.Tests.Resolution;

/// <summary>Cookies that the gateway issues to keep visitors at one server.</summary>
public sealed class AffinityCookieTests
{
    private const string Cookie = "sid";

    private static readonly string[] Issued = ["--Gateway:Affinity:0:Farm=web", "--Gateway:Affinity:0:By=issued", $"--Gateway:Affinity:0:Name={Cookie}"];

    private static readonly string Secret = Convert.ToBase64String([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);

    [Fact]
    public async Task A_visitor_stays_with_the_first_server_also_while_it_drains_and_moves_when_it_is_off()
    {
        await using var house = await House.StartAsync("/", "http://web/", Issued, [.. await Task.WhenAll("abc".Select(n => Backend.StartAsync($"{n}")))]);
        var visitor = new Visitor(house.Gateway);
        var first = await visitor.AskAsync();
        Assert.Matches($"^{Cookie}=[A-Za-z0-9_-]+; Path=/; HttpOnly; SameSite=Lax$", visitor.Set!);
        Assert.Equal("private", visitor.CacheControl);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal((first, null), (await visitor.AskAsync(), visitor.Set));
        }
        await house.Athena.Fleet.SetMemberStateAsync(new() { Server = first, State = AdminState.Drain });
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal((first, null), (await visitor.AskAsync(), visitor.Set));
            Assert.NotEqual(first, await new Visitor(house.Gateway).AskAsync());
        }
        await house.Athena.Fleet.SetMemberStateAsync(new() { Server = first, State = AdminState.Off });
        var second = await visitor.AskAsync();
        Assert.NotEqual(first, second);
        Assert.NotNull(visitor.Set);
        // Moved for good: the session lives there now.
        await house.Athena.Fleet.SetMemberStateAsync(new() { Server = first, State = AdminState.On });
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal((second, null), (await visitor.AskAsync(), visitor.Set));
        }
        var metrics = await house.Gateway.Management.GetStringAsync("/metrics");
        Assert.Matches("""athena_gateway_affinity_total\{[^}]*farm="web",result="kept"\} 30""", metrics);
        Assert.Matches("""athena_gateway_affinity_total\{[^}]*farm="web",result="moved"\} 1""", metrics);
        Assert.Matches("""athena_gateway_affinity_total\{[^}]*farm="web",result="issued"\} 11""", metrics);
    }

    [Fact]
    public async Task A_forged_cookie_is_ignored_and_replaced_and_no_server_sees_any()
    {
        await using var a = await Backend.StartAsync("a", context =>
        {
            context.Response.Headers.SetCookie = new([$"{Cookie}=mine; Path=/", "theme=dark"]);
            return context.Response.WriteAsync(context.Request.Headers.Cookie.ToString());
        });
        await using var house = await House.StartAsync("/", "http://web/", Issued, a);
        foreach (var forged in new[] { "a", "", new string('A', 76) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.TryAddWithoutValidation("Cookie", $"x=1; {Cookie}={forged}; y=2");
            using var answer = await house.Gateway.Traffic.SendAsync(request);
            Assert.Equal("x=1; y=2", await answer.Content.ReadAsStringAsync());
            var set = answer.Headers.GetValues("Set-Cookie").ToArray();
            Assert.Equal("theme=dark", set[0]);
            Assert.StartsWith($"{Cookie}=", Assert.Single(set[1..]), StringComparison.Ordinal);
            Assert.DoesNotContain("mine", set[1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Visitors_stay_while_the_service_is_away()
    {
        await using var house = await House.StartAsync("/", "http://web/", Issued, [.. await Task.WhenAll("abc".Select(n => Backend.StartAsync($"{n}")))]);
        var visitors = Enumerable.Range(0, 6).Select(_ => new Visitor(house.Gateway)).ToArray();
        var first = new List<string>();
        foreach (var visitor in visitors)
        {
            first.Add(await visitor.AskAsync());
        }
        house.Athena.Process.Signal(ChildProcess.SigKill);
        await house.Athena.Process.ExitCodeAsync();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < visitors.Length; i++)
            {
                Assert.Equal((first[i], null), (await visitors[i].AskAsync(), visitors[i].Set));
            }
        }
    }

    [Fact]
    public async Task A_retry_takes_the_visitor_to_another_server_and_the_cookie_follows()
    {
        await using var a = new BreakableBackend("a");
        await using var b = new BreakableBackend("b");
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = a.Address.ToString() }, b = new { Address = b.Address.ToString() } },
            Farms = new { web = new { Members = new { a = new { }, b = new { } } } },
        });
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", Issued);
        var visitor = new Visitor(gateway);
        var first = await visitor.AskAsync();
        (first == "a" ? a : b).Kill();
        Assert.Equal(first == "a" ? "b" : "a", await visitor.AskAsync());
        Assert.NotNull(visitor.Set);
        Assert.Equal(first == "a" ? "b" : "a", await visitor.AskAsync());
        Assert.Null(visitor.Set);
    }

    [Fact]
    public async Task The_applications_word_wins_while_it_lasts()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = a.Address.ToString() }, b = new { Address = b.Address.ToString() } },
            Farms = new { web = new { Members = new { a = new { }, b = new { } } } },
            Steering = new { Keys = new { k1 = new { Secret } } },
        });
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", Issued);
        var visitor = new Visitor(gateway);
        var first = await visitor.AskAsync();
        var other = first == "a" ? "b" : "a";
        var token = new SteeringSigner("k1", Secret).Sign(SteeringToken.Stick("web", other));
        Assert.Equal(other, await visitor.AskAsync(("athena-steer", token)));
        // Its session lives there now.
        Assert.Equal(other, await visitor.AskAsync());
    }

    [Fact]
    public async Task Gateways_with_the_same_keys_read_each_others_cookies_and_a_retired_key_ends_them()
    {
        await using var house = await House.StartAsync("/", "http://web/", [.. Issued, $"--Gateway:AffinityKeys:k1:Secret={Secret}"], [.. await Task.WhenAll("abc".Select(n => Backend.StartAsync($"{n}")))]);
        var file = Path.Combine(Path.GetTempPath(), $"athena-gateway-{Guid.NewGuid():N}.json");
        Task KeysAsync(params (string Id, string Secret)[] keys) => File.WriteAllTextAsync(file,
            JsonSerializer.Serialize(new { Gateway = new { AffinityKeys = keys.ToDictionary(k => k.Id, k => new { k.Secret }) } }));
        try
        {
            await KeysAsync(("k1", Secret), ("k0", Convert.ToBase64String(new byte[32])));
            await using var second = await GatewayHost.PassAsync(house.Athena.GrpcAddress, "/", "http://web/", [.. Issued, $"--Config={file}"]);
            var visitor = new Visitor(house.Gateway);
            var first = await visitor.AskAsync();
            visitor.Gateway = second;
            Assert.Equal((first, null), (await visitor.AskAsync(), visitor.Set));
            await KeysAsync(("k2", Convert.ToBase64String([.. Enumerable.Range(2, 32).Select(i => (byte)i)])));
            // From the reload on the old cookie is none.
            await Deadline.UntilAsync(async () =>
            {
                var at = new Visitor(second) { Value = visitor.Value };
                await at.AskAsync();
                return at.Set;
            }, set => set is not null);
            Assert.DoesNotContain("has no key", second.Process.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_lifetime_ends_the_cookie_in_the_browser_and_https_guards_it()
    {
        await using var house = await House.StartAsync("/", "http://web/",
            [.. Issued, "--Gateway:Affinity:0:Lifetime=01:00:00", "--Gateway:Affinity:0:SameSite=none", "--Gateway:Affinity:0:Path=/shop", "--Gateway:Edge:TrustedProxies:0=127.0.0.1"], await Backend.StartAsync("a"));
        var visitor = new Visitor(house.Gateway);
        await visitor.AskAsync(("X-Forwarded-Proto", "https"));
        Assert.Matches($"^{Cookie}=[A-Za-z0-9_-]+; Path=/shop; Max-Age=3600; HttpOnly; SameSite=None; Secure$", visitor.Set!);
        Assert.Contains("has no key", house.Gateway.Process.Output, StringComparison.Ordinal);
    }

    /// <summary>A browser with one cookie.</summary>
    private sealed class Visitor(GatewayHost gateway)
    {
        public GatewayHost Gateway { get; set; } = gateway;

        public string? Value { get; set; }

        /// <summary>What the last answer set.</summary>
        public string? Set { get; private set; }

        public string? CacheControl { get; private set; }

        /// <summary>Asks; tells who answered.</summary>
        public async Task<string> AskAsync(params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            if (Value is not null)
            {
                request.Headers.TryAddWithoutValidation("Cookie", $"{Cookie}={Value}");
            }
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
            using var answer = await Gateway.Traffic.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            Set = answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.Single() : null;
            Value = Set is null ? Value : Regex.Match(Set, $"^{Cookie}=([^;]*)").Groups[1].Value;
            CacheControl = answer.Headers.CacheControl?.ToString();
            return answer.Headers.GetValues("X-Served-By").Single();
        }
    }
}
