using System.Net;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>The longest chain of forwards, by `off` and by `down` in turns: f1 to f8, the eighth forward to a URL.</summary>
public sealed class ForwardChainTests
{
    private const string Url = "https://sorry.example/closed";

    [Fact]
    public async Task Eight_forwards_are_followed_and_every_face_tells_of_them()
    {
        await using var athena = await StartAsync(8);
        var answer = await athena.Balancer.BalanceAsync(new() { Farm = "f1", Explain = true });
        Assert.Equal((Url, "", "f8", true), (answer.Url, answer.Server, answer.Farm, answer.Forwarded));
        Assert.Equal(Hops(8), answer.Hops.Select(h => $"{h.From} {h.To} {h.Reason}"));

        var json = await athena.GetJsonAsync("/v1/farms/f1:balance");
        Assert.Equal((Url, "f8"), (json.GetProperty("url").GetString(), json.GetProperty("farm").GetString()));
        Assert.Equal(
            Hops(8).Select(h => h.Replace("FarmOff", "FARM_OFF", StringComparison.Ordinal).Replace("NoAvailableMember", "NO_AVAILABLE_MEMBER", StringComparison.Ordinal)),
            json.GetProperty("hops").EnumerateArray().Select(h => $"{h.GetProperty("from")} {h.GetProperty("to")} {h.GetProperty("reason").GetString()!.Replace("FORWARD_REASON_", "", StringComparison.Ordinal)}"));

        var classic = await athena.Http.GetAsync("/ath/balance?f1");
        Assert.Equal((HttpStatusCode.OK, Url + "\n"), (classic.StatusCode, await classic.Content.ReadAsStringAsync()));
        Assert.Equal(["f8", "1", Url], new[] { "Athena-Farm", "Athena-Forwarded", "Athena-Address" }.Select(h => classic.Headers.GetValues(h).Single()));

        // From within the chain it is as much shorter, and a farm that serves ends it.
        Assert.Equal(Hops(8).Skip(3), (await athena.Balancer.BalanceAsync(new() { Farm = "f4" })).Hops.Select(h => $"{h.From} {h.To} {h.Reason}"));
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "f7", State = AdminState.On });
        var served = await athena.Balancer.BalanceAsync(new() { Farm = "f1", Lease = true });
        Assert.Equal(("a", "f7", ""), (served.Server, served.Farm, served.Url));
        Assert.Equal(Hops(8).Take(6), served.Hops.Select(h => $"{h.From} {h.To} {h.Reason}"));
    }

    [Fact]
    public async Task A_farm_at_the_end_of_eight_forwards_serves_and_says_so_when_it_cannot()
    {
        await using var athena = await StartAsync(9, last: null);
        Assert.Equal("NO_AVAILABLE_MEMBER f9", await NobodyAsync(athena));
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "f9", State = AdminState.Off });
        Assert.Equal("FARM_OFF f9", await NobodyAsync(athena));
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "f9", State = AdminState.On });
        await athena.Fleet.UpdateFarmAsync(new() { Farm = new() { Name = "f9", Members = { new Member { Server = "a" } } }, UpdateMask = new() { Paths = { "members" } } });
        var answer = await athena.Balancer.BalanceAsync(new() { Farm = "f1" });
        Assert.Equal(("a", "f9", 8), (answer.Server, answer.Farm, answer.Hops.Count));
    }

    [Theory]
    [InlineData(9, Url)]
    [InlineData(10, null)]
    public async Task A_ninth_forward_stops_the_start_and_is_named(int farms, string? last)
    {
        var failed = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var athena = await StartAsync(farms, last);
        });
        var chain = string.Join(" -> ", Enumerable.Range(1, 9).Select(k => $"f{k}").Append(last ?? "f10"));
        Assert.Contains($"Athena:Farms:f1:Forward: the chain of forwards is longer than 8: {chain}", failed.Message, StringComparison.Ordinal);
        // Those that are short enough have no fault.
        Assert.DoesNotContain("Athena:Farms:f2:", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ninth_forward_is_refused_at_run_time_wherever_it_is_added()
    {
        await using var athena = await StartAsync(8);
        // At its end, at its beginning by a farm that is changed, and by one that is made.
        await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "f9" } });
        await athena.Fleet.SetForwardAsync(new() { Farm = "f9", Forwards = new() { Down = Url } });
        await RefusedAsync("forwards: the chain of forwards is longer than 8: f1 -> f2 -> f3 -> f4 -> f5 -> f6 -> f7 -> f8 -> f9 -> " + Url,
            athena.Fleet.SetForwardAsync(new() { Farm = "f8", Forwards = new() { Off = "f9", Down = "f9" } }));
        await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "f0" } });
        await RefusedAsync("longer than 8: f0 -> f1", athena.Fleet.SetForwardAsync(new() { Farm = "f0", Forwards = new() { Off = "f1" } }));
        await RefusedAsync("longer than 8: new -> f1", athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "new", Forwards = new() { Down = "f1" } } }));
        var posted = await athena.PostJsonAsync("/v1/farms/f0:setForward", """{"forwards":{"down":"f1"}}""");
        Assert.Equal(HttpStatusCode.BadRequest, posted.StatusCode);
        Assert.Equal("INVALID_FIELD", await Errors.ReasonAsync(posted));
        // Nothing of it is left.
        Assert.Equal(8, (await athena.Balancer.BalanceAsync(new() { Farm = "f1" })).Hops.Count);
        Assert.Equal("NO_AVAILABLE_MEMBER", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "f0" }))).Info.Reason);
    }

    private static async Task RefusedAsync<T>(string why, AsyncUnaryCall<T> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(why, error.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<string> NobodyAsync(AthenaHost athena)
    {
        var (code, info) = await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "f1" }));
        Assert.Equal(StatusCode.Unavailable, code);
        return $"{info.Reason} {info.Metadata["farm"]}";
    }

    /// <summary>Odd farms have a server and are off, even ones have nobody: each leads to the next one, the last to the URL.</summary>
    private static async Task<AthenaHost> StartAsync(int farms, string? last = Url)
    {
        var chain = Enumerable.Range(1, farms).ToDictionary(k => $"f{k}", k => (object)new
        {
            Members = k % 2 == 1 && k < 9 ? new Dictionary<string, object> { ["a"] = new { } } : new(),
            Forward = ForwardOf(k, k < farms ? $"f{k + 1}" : last),
        });
        var athena = await AthenaHost.StartAsync(new { Servers = new { a = new { Address = "http://127.0.0.1:9001" } }, Farms = chain });
        foreach (var farm in chain.Keys.Where((_, i) => i % 2 == 0 && i < 8))
        {
            await athena.Fleet.SetFarmStateAsync(new() { Farm = farm, State = AdminState.Off });
        }
        return athena;
    }

    private static Dictionary<string, string> ForwardOf(int farm, string? target) =>
        target is null ? new() : new() { [farm % 2 == 1 ? "Off" : "Down"] = target };

    private static IEnumerable<string> Hops(int count) =>
        Enumerable.Range(1, count).Select(k => $"f{k} {(k < count ? $"f{k + 1}" : Url)} {(k % 2 == 1 ? ForwardReason.FarmOff : ForwardReason.NoAvailableMember)}");
}
