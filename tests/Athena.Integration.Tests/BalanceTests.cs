using System.Net;
using System.Text.Json;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

public sealed class BalanceTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly AthenaHost _athena = fixture.Athena;

    [Fact]
    public async Task A_server_is_named_over_gRPC_JSON_and_classic_GET()
    {
        var grpc = await _athena.Balancer.BalanceAsync(new() { Farm = "web" });
        var json = await _athena.GetJsonAsync("/v1/farms/web:balance");
        var classic = await _athena.Http.GetAsync("/ath/balance/?web");

        Assert.Contains(grpc.Server, new[] { "a", "b", "c" });
        Assert.Contains(json.GetProperty("server").GetString(), new[] { "a", "b", "c" });
        Assert.Matches(@"^127\.0\.0\.1:900[123]\n$", await classic.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", classic.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", classic.Headers.CacheControl?.ToString());
        Assert.Contains(Assert.Single(classic.Headers.GetValues("Athena-Server")), new[] { "a", "b", "c" });
        Assert.Equal("web", Assert.Single(classic.Headers.GetValues("Athena-Farm")));
    }

    [Fact]
    public async Task The_faces_share_one_turn()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b", "c");
        var first = (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server;
        var second = (await athena.GetJsonAsync("/v1/farms/WEB:balance")).GetProperty("server").GetString();
        var third = (await athena.Http.GetAsync("/athena/balance?web")).Headers.GetValues("Athena-Server").Single();
        Assert.Equal(["a", "b", "c"], [first, second, third]);
    }

    [Fact]
    public async Task A_forward_to_a_URL_is_an_answer()
    {
        var answer = await _athena.Balancer.BalanceAsync(new() { Farm = "gone" });
        Assert.Equal(("https://sorry.example/", "", true), (answer.Url, answer.Server, answer.Forwarded));
        Assert.Equal(new ForwardHop { From = "gone", To = "https://sorry.example/", Reason = ForwardReason.NoAvailableMember }, Assert.Single(answer.Hops));
        Assert.Equal("https://sorry.example/\n", await _athena.Http.GetStringAsync("/ath/balance?gone"));
    }

    [Fact]
    public async Task Exclusions_labels_and_alternates_are_heard()
    {
        var labelled = await _athena.Balancer.BalanceAsync(new() { Farm = "web", Labels = { ["zone"] = "y" } });
        Assert.Equal("b", labelled.Server);
        var rest = await _athena.Balancer.BalanceAsync(new() { Farm = "web", Exclude = { "A" }, Alternates = 5 });
        Assert.NotEqual("a", rest.Server);
        Assert.Equal(["b", "c"], rest.Alternates.Select(a => a.Server).Append(rest.Server).Order());
        var json = await _athena.GetJsonAsync("/v1/farms/web:balance?exclude=A&alternates=5");
        Assert.Equal(["b", "c"], json.GetProperty("alternates").EnumerateArray().Append(json).Select(a => a.GetProperty("server").GetString()).Order());
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_pick()
    {
        for (var seed = 0UL; seed < 12; seed++)
        {
            var request = new BalanceRequest { Farm = "web", Seed = seed };
            Assert.Equal((await _athena.Balancer.BalanceAsync(request)).Server, (await _athena.Balancer.BalanceAsync(request)).Server);
        }
    }

    [Fact]
    public async Task Many_farms_are_answered_at_once_and_one_failure_touches_no_other()
    {
        var many = await _athena.Balancer.BalanceManyAsync(new() { Requests = { new BalanceRequest { Farm = "web" }, new BalanceRequest { Farm = "nobody" }, new BalanceRequest { Farm = "" } } });
        Assert.Equal(3, many.Answers.Count);
        Assert.NotEmpty(many.Answers[0].Decision.Server);
        Assert.Equal((int)StatusCode.Unavailable, many.Answers[1].Error.Code);
        Assert.Equal((int)StatusCode.InvalidArgument, many.Answers[2].Error.Code);
        using var posted = await _athena.PostJsonAsync("/v1/farms:balanceMany", """{"requests":[{"farm":"web","labels":{"zone":"y"}},{"farm":"nobody"}]}""");
        using var json = JsonDocument.Parse(await posted.Content.ReadAsStringAsync());
        var answers = json.RootElement.GetProperty("answers");
        Assert.Equal("b", answers[0].GetProperty("decision").GetProperty("server").GetString());
        Assert.Equal((int)StatusCode.Unavailable, answers[1].GetProperty("error").GetProperty("code").GetInt32());
        var classic = (await _athena.Http.GetStringAsync("/ath/balance?web&nobody&gone")).Split('\n');
        Assert.StartsWith("127.0.0.1:900", classic[0]);
        Assert.Equal(["ERROR no server available in nobody", "https://sorry.example/", ""], classic[1..]);
    }

    [Fact]
    public async Task The_classic_functions_work_over_gRPC_too()
    {
        var body = await _athena.Classic.BalanceAsync(new() { Raw = "web" });
        Assert.Matches(@"^127\.0\.0\.1:900[123]\n$", body.Data.ToStringUtf8());
        Assert.Equal((StatusCode.NotFound, "FARM_NOT_FOUND"), Plain(await Errors.OfAsync(_athena.Classic.BalanceAsync(new() { Raw = "wob" }))));
    }

    [Fact]
    public async Task A_classic_HEAD_has_the_headers_of_GET_and_no_body()
    {
        var head = await _athena.Http.SendAsync(new(HttpMethod.Head, "/ath/balance/?web"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.True(head.Headers.Contains("Athena-Server"));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("?Eweb")]
    [InlineData("?Efarm%3Dweb")]
    [InlineData("?farm=web")]
    [InlineData("?%77eb")]
    public async Task A_classic_query_may_be_escaped(string query) =>
        Assert.StartsWith("127.0.0.1:900", await _athena.Http.GetStringAsync("/ath/balance/" + query));

    [Fact]
    public async Task Nobody_available_says_how_many_are_what()
    {
        var (code, info) = await Errors.OfAsync(_athena.Balancer.BalanceAsync(new() { Farm = "web", Exclude = { "a", "b", "c" } }));
        Assert.Equal((StatusCode.Unavailable, "NO_AVAILABLE_MEMBER"), (code, info.Reason));
        Assert.Equal(("web", "3", "0", "3"), (info.Metadata["farm"], info.Metadata["members"], info.Metadata["off"], info.Metadata["excluded"]));
        Assert.Equal("NO_AVAILABLE_MEMBER", await Errors.ReasonAsync(await _athena.Http.GetAsync("/v1/farms/nobody:balance")));
    }

    [Fact]
    public async Task An_unknown_farm_is_named_with_the_closest()
    {
        var (code, info) = await Errors.OfAsync(_athena.Balancer.BalanceAsync(new() { Farm = "wep" }));
        Assert.Equal((StatusCode.NotFound, "FARM_NOT_FOUND", "wep", "web"), (code, info.Reason, info.Metadata["farm"], info.Metadata["suggestion"]));
        var json = await _athena.Http.GetAsync("/v1/farms/wep:balance");
        Assert.Equal((HttpStatusCode.NotFound, "FARM_NOT_FOUND"), (json.StatusCode, await Errors.ReasonAsync(json)));
    }

    private static (StatusCode, string) Plain((StatusCode Code, Google.Rpc.ErrorInfo Info) error) => (error.Code, error.Info.Reason);
}
