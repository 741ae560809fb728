using Athena.Client.Steering;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

public sealed class SteeringTests
{
    private static readonly string Secret = Convert.ToBase64String([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);

    private static readonly string OtherSecret = Convert.ToBase64String([.. Enumerable.Range(101, 32).Select(i => (byte)i)]);

    private static readonly SteeringSigner Signer = new("k1", Secret);

    private static readonly string StickToB = Signer.Sign(SteeringToken.Stick("web", "b"));

    [Fact]
    public async Task A_token_is_heard_in_field_metadata_header_and_cookie()
    {
        await using var athena = await StartAsync();
        async Task<BalanceResponse[]> AskAsync(Func<Task<BalanceResponse>> ask) => [await ask(), await ask(), await ask()];
        Task<BalanceResponse> JsonAsync(string header, string value) => GetAsync(athena, "/v1/farms/web:balance", header, value);

        foreach (var answers in new[]
        {
            await AskAsync(async () => await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = StickToB })),
            await AskAsync(async () => await athena.Balancer.BalanceAsync(new() { Farm = "web" }, new Metadata { { "athena-steer", StickToB } })),
            await AskAsync(async () => BalanceResponse.Parser.ParseJson(await athena.Http.GetStringAsync($"/v1/farms/web:balance?steering={StickToB}"))),
            await AskAsync(() => JsonAsync("athena-steer", StickToB)),
            await AskAsync(() => JsonAsync("Cookie", $"theme=dark; athena={StickToB}")),
            await AskAsync(() => JsonAsync("Cookie", $"__Host-athena={StickToB}; athena=forged")),
            await AskAsync(async () => (await athena.Balancer.BalanceManyAsync(new() { Requests = { new BalanceRequest { Farm = "web", Steering = StickToB } } })).Answers[0].Decision),
        })
        {
            Assert.All(answers, a => Assert.Equal(("b", true, true, "web"), (a.Server, a.Steered, a.Pinned, a.Farm)));
        }
        // gRPC has metadata, not cookies; the field wins over what is beside it.
        var turns = await AskAsync(async () => await athena.Balancer.BalanceAsync(new() { Farm = "web" }, new Metadata { { "cookie", $"athena={StickToB}" } }));
        Assert.Contains(turns, a => a.Server == "a" && !a.Steered);
        var went = await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = Signer.Sign(SteeringToken.Go("web", "gold")) }, new Metadata { { "athena-steer", StickToB } });
        Assert.Equal(("gold", "g", true, false), (went.Farm, went.Server, went.Steered, went.Pinned));
    }

    [Fact]
    public async Task An_explanation_tells_what_became_of_the_token()
    {
        await using var athena = await StartAsync();
        var followed = (await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = StickToB, Explain = true })).Explanation;
        Assert.Equal(("steered", "b"), (followed.Rule, followed.Members.Single(m => m.Chosen).Server));
        Assert.StartsWith("followed", followed.Steering, StringComparison.Ordinal);
        var ignored = (await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = "forged", Explain = true })).Explanation;
        Assert.StartsWith("ignored", ignored.Steering, StringComparison.Ordinal);
        Assert.NotEqual("steered", ignored.Rule);
    }

    [Fact]
    public async Task A_token_is_heard_by_the_classic_balance_and_a_forged_one_is_not()
    {
        await using var athena = await StartAsync();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("b\n", await athena.Http.GetStringAsync($"/ath/balance?web,steer={StickToB},f=%h"));
        }
        var turns = new[] { await athena.Http.GetStringAsync("/ath/balance?web,steer=forged,f=%h"), await athena.Http.GetStringAsync("/ath/balance?web,steer=,f=%h") };
        Assert.Contains("a\n", turns);
    }

    [Fact]
    public async Task A_token_on_a_stream_is_heard_too()
    {
        await using var athena = await StartAsync();
        using var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token());
        await stream.RequestStream.WriteAsync(new() { Questions = { new BalanceQuestion { Id = 1, Count = 5, Request = new() { Farm = "web", Steering = StickToB } } } });
        Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
        Assert.All(stream.ResponseStream.Current.Answers[0].Decisions, d => Assert.Equal(("b", true), (d.Server, d.Steered)));
        await stream.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Stick_safe_and_go_mind_the_states()
    {
        await using var athena = await StartAsync();
        async Task<(string, bool)> AskAsync(SteeringToken token)
        {
            var answer = await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = Signer.Sign(token) });
            return (answer.Server, answer.Steered);
        }
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", Health = HealthState.Down });
        Assert.Equal([("b", true), ("a", false)], [await AskAsync(SteeringToken.Stick("web", "b")), await AskAsync(SteeringToken.Safe("web", "b"))]);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", Health = HealthState.Up, State = AdminState.Drain });
        Assert.Equal([("b", true), ("b", true)], [await AskAsync(SteeringToken.Stick("web", "b")), await AskAsync(SteeringToken.Safe("web", "b"))]);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off });
        Assert.Equal([("a", false), ("a", false)], [await AskAsync(SteeringToken.Stick("web", "b")), await AskAsync(SteeringToken.Safe("web", "b"))]);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "g", State = AdminState.Off });
        Assert.Equal([("a", false), ("a", false)], [await AskAsync(SteeringToken.Go("web", "gold")), await AskAsync(SteeringToken.Go("web", "closed"))]);
    }

    [Fact]
    public async Task A_bad_token_never_fails_a_request_and_is_counted_by_reason()
    {
        await using var athena = await StartAsync();
        var past = new SteeringSigner("k1", Secret, new Earlier());
        var tokens = new (string Token, string Result)[]
        {
            (StickToB, "ok"), ("nonsense", "malformed"), (StickToB + "=", "malformed"), (new string('x', 5000), "oversized"),
            ("eyJhbGciOiJub25lIn0." + StickToB.Split('.')[1] + ".", "algorithm"),
            (new SteeringSigner("k9", Secret).Sign(SteeringToken.Stick("web", "b")), "unknown_key"),
            (new SteeringSigner("k1", OtherSecret).Sign(SteeringToken.Stick("web", "b")), "bad_signature"),
            (past.Sign(SteeringToken.Stick("web", "b")), "expired"),
            (Signer.Sign(SteeringToken.Stick("web", "b") with { Lifetime = TimeSpan.FromDays(2) }), "lifetime"),
            (Signer.Sign(SteeringToken.Stick("gold", "g")), "foreign"), (Signer.Sign(SteeringToken.Go("web", "closed")), "not_allowed"),
            (Signer.Sign(SteeringToken.Stick("web", "g")), "unknown_server"),
        };
        foreach (var (token, result) in tokens)
        {
            var answer = await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = token });
            Assert.Equal((result == "ok", "web"), (answer.Steered, answer.Farm));
            Assert.Equal("web", (await GetAsync(athena, "/v1/farms/web:balance", "Cookie", $"athena={token}")).Farm);
        }
        var metrics = await athena.Http.GetStringAsync("/metrics");
        foreach (var (_, result) in tokens)
        {
            Assert.Matches($"athena_steering_tokens_total\\{{[^}}]*farm=\"web\",result=\"{result}\"[^}}]*\\}} [24]\n", metrics);
        }
        Assert.Matches("athena_decisions_total\\{[^}]*outcome=\"steered\"[^}]*\\} 2\n", metrics);
    }

    [Fact]
    public async Task A_rotation_by_reload_loses_no_good_token_and_a_retired_key_is_refused_at_once()
    {
        await using var athena = await StartAsync();
        var next = new SteeringSigner("k2", OtherSecret).Sign(SteeringToken.Stick("web", "b"));
        async Task<bool> IsSteeredAsync(string token) => (await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = token })).Steered;
        async Task<(bool, bool)> SteeredAsync() => (await IsSteeredAsync(StickToB), await IsSteeredAsync(next));
        async Task ReloadAsync(int loads, object keys)
        {
            await athena.ConfigureAsync(Fleet(new { Keys = keys }));
            await athena.Process.LineAsync(_ => athena.Process.Output.Split("are in force").Length > loads);
        }
        Assert.Equal((true, false), await SteeredAsync());
        await ReloadAsync(2, new { k1 = new { Secret }, k2 = new { Secret = OtherSecret } });
        Assert.Equal((true, true), await SteeredAsync());
        await ReloadAsync(3, new { k2 = new { Secret = OtherSecret } });
        Assert.Equal((false, true), await SteeredAsync());
        // A bad change is refused as a whole: the keys stay too.
        await athena.ConfigureAsync(Fleet(new { Keys = new { k3 = new { Secret = "short" } } }));
        await athena.Process.LineAsync(l => l.Contains("Athena:Steering:Keys:k3:Secret", StringComparison.Ordinal));
        Assert.Equal((false, true), await SteeredAsync());
    }

    [Fact]
    public async Task Keys_may_come_from_files_and_be_for_some_farms_and_carriers_have_other_names()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Secret + "\n");
        try
        {
            await using var athena = await AthenaHost.StartAsync(Fleet(new { Cookie = "sid", Header = "x-steer", Keys = new { k1 = new { SecretFile = file, Farms = new[] { "gold", "webb" } } } }));
            await athena.Process.LineAsync(l => l.Contains("key k1 is for farm webb, which there is not", StringComparison.Ordinal));
            Assert.False((await GetAsync(athena, "/v1/farms/web:balance", "Cookie", $"sid={StickToB}")).Steered);
            var gold = Signer.Sign(SteeringToken.Stick("gold", "g"));
            foreach (var (header, value, heard) in new[] { ("Cookie", $"sid={gold}", true), ("Cookie", $"__Host-sid={gold}", true), ("X-Steer", gold, true), ("Cookie", $"athena={gold}", false), ("athena-steer", gold, false) })
            {
                Assert.Equal(heard, (await GetAsync(athena, "/v1/farms/gold:balance", header, value)).Steered);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_bad_steering_section_stops_the_start_and_names_every_fault_without_a_secret()
    {
        const string Canary = "Q2FuYXJ5Q2FuYXJ5";
        await using var service = ChildProcess.Start("Athena.Service", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            $"--Athena:Steering:Keys:k1:Secret={Canary}", $"--Athena:Steering:Keys:k2:Secret={Canary}!", "--Athena:Steering:Keys:k3:SecretFile=/no/such/file", "--Athena:Steering:Keys:k4:Farms:0=web",
            $"--Athena:Steering:Keys:k5:Secret={Secret}", "--Athena:Steering:Keys:k5:Farms=web", $"--Athena:Steering:Keys:k 6:Secret={Secret}", $"--Athena:Steering:Keys:k7:Sekret={Canary}",
            $"--Athena:Steering:Keys:k8={Canary}", "--Athena:Steering:Cookie=a b", "--Athena:Steering:Header=", "--Athena:Steering:LongestLifetime=31.00:00:00", "--Athena:Steering:Skew=60");
        Assert.Equal(1, await service.ExitCodeAsync());
        foreach (var fault in new[]
        {
            "Keys:k1:Secret: has 12 bytes; at least 32", "Keys:k2:Secret: is not base64", "Keys:k3:SecretFile: the file cannot be read", "Keys:k4:Secret: give either", "Keys:k5:Farms: must be a list",
            "Keys:k 6: an id of a key", "Keys:k7:Sekret: unknown key; did you mean 'Secret'?", "Keys:k8:Secret: give either", "Cookie: must be", "Header: must be", "LongestLifetime: must be from 00:01:00 to 30.00:00:00", "Skew: '60' is not a duration",
        })
        {
            Assert.Contains("Athena:Steering:" + fault, service.Output, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(Canary, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_and_tokens_never_leave_the_service()
    {
        await using var athena = await AthenaHost.StartAsync(Fleet(new { Keys = new { k1 = new { Secret } } }), "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Athena=Trace");
        var seen = new System.Text.StringBuilder();
        foreach (var token in new[] { StickToB, StickToB + "A", new SteeringSigner("k1", OtherSecret).Sign(SteeringToken.Stick("web", "b")) })
        {
            seen.Append(await athena.Balancer.BalanceAsync(new() { Farm = "web", Steering = token }));
            seen.Append(await GetAsync(athena, "/v1/farms/web:balance", "athena-steer", token));
            seen.Append(await GetAsync(athena, "/v1/farms/web:balance", "Cookie", $"athena={token}"));
            var failed = await Assert.ThrowsAsync<RpcException>(async () => await athena.Balancer.BalanceAsync(new() { Farm = "closed", Steering = token }));
            seen.Append(failed).Append(failed.Trailers);
            seen.Append(await (await athena.PostJsonAsync("/v1/farms/web:balance", $$"""{"steering":"{{token}}","x":1}""")).Content.ReadAsStringAsync());
        }
        await athena.ConfigureAsync(Fleet(new { Keys = new { k1 = new { Secret = Secret[..20], Secred = Secret } } }));
        await athena.Process.LineAsync(l => l.Contains("Athena:Steering:Keys:k1:Secret", StringComparison.Ordinal));
        seen.Append(await athena.Http.GetStringAsync("/metrics")).Append(await athena.Fleet.ListFarmsAsync(new())).Append(await athena.Fleet.ListChangesAsync(new())).Append(athena.Process.Output);
        var text = seen.ToString();
        Assert.Contains("\"steered\"", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Secret[..20], text, StringComparison.Ordinal);
        Assert.DoesNotContain("0102030405060708", text, StringComparison.OrdinalIgnoreCase);
        // Signatures: who has one has the token.
        Assert.DoesNotContain(StickToB.Split('.')[2], text, StringComparison.Ordinal);
    }

    private static Task<AthenaHost> StartAsync() => AthenaHost.StartAsync(Fleet(new { Keys = new { k1 = new { Secret } } }));

    private static Dictionary<string, object> Fleet(object steering) => new()
    {
        ["Servers"] = new[] { "a", "b", "g" }.Select((s, i) => (s, i)).ToDictionary(s => s.s, s => (object)new { Address = $"http://127.0.0.1:{9001 + s.i}" }),
        ["Farms"] = new
        {
            web = new { Members = new { a = new { Weight = 1 }, b = new { Weight = 1 } }, SteerTo = new[] { "gold" } },
            gold = new { Members = new { g = new { Weight = 1 } } },
            closed = new { },
        },
        ["Steering"] = steering,
    };

    private static async Task<BalanceResponse> GetAsync(AthenaHost athena, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        var response = await athena.Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return BalanceResponse.Parser.ParseJson(await response.Content.ReadAsStringAsync());
    }

    private sealed class Earlier : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(-2);
    }
}
