using System.Net;
using System.Text;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>What the classic interface changes, who may, and what is refused as a whole.</summary>
public sealed class ClassicUpdateTests(ClassicFixture fixture) : IClassFixture<ClassicFixture>
{
    private readonly AthenaHost _athena = fixture.Athena;

    [Fact]
    public async Task All_fields_of_a_request_are_applied_together_and_signed()
    {
        await using var athena = await ClassicFixture.StartAsync();
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?Eh=app01,c=12.5,l=1e1,n=7,7cus=0,queue=3,s=drain,u=down,F=app09,reason=%22disk%2C%20fan%22"));
        Assert.Equal("12.5 - 10 7 0 3 drain down app09 drain+down\n", (await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=\"%c\\%m\\%l\\%n\\%7cus\\%{queue}\\%s\\%u\\%F\\%{causes}\"")).Body.Replace('\\', ' '));
        var change = (await athena.Fleet.ListChangesAsync(new())).Changes.Single();
        Assert.Equal(("127.0.0.1", "disk, fan", "app01"), (change.Actor, change.Reason, change.Server));
        var status = (await athena.Fleet.GetServerAsync(new() { Server = "app01" })).Server;
        Assert.Equal((AdminState.Drain, HealthState.Down, "app09"), (status.Status.Admin, status.Status.Health, status.Forward));
        await athena.Fleet.UndoChangeAsync(new() { Id = change.Id });
        Assert.Equal((200, "on up -\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%s\\t%u\\t%F") is var (code, body) ? (code, body.Replace('\t', ' ')) : default);
    }

    [Fact]
    public async Task A_weight_is_set_in_one_farm_signed_and_undone()
    {
        await using var athena = await ClassicFixture.StartAsync();
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?h=app02,farm=farm_two,w=7,reason=upgrade"));
        Assert.Equal((200, "1/7\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app02,f=%w"));
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?h=app01,weight=0"));
        Assert.Equal((200, "0\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%w"));
        var changes = (await athena.Fleet.ListChangesAsync(new())).Changes;
        Assert.Equal(("farm_two", "127.0.0.1", "upgrade", ChangeKind.Updated), (changes[1].Farm, changes[1].Actor, changes[1].Reason, changes[1].Kind));
        await athena.Fleet.UndoChangeAsync(new() { Id = changes[1].Id });
        Assert.Equal((200, "1/3\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app02,f=%w"));
        // As often as wanted: a repeat changes nothing.
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?h=app01,w=0"));
        Assert.Equal(3, (await athena.Fleet.ListChangesAsync(new())).Changes.Count);
    }

    [Theory]
    [InlineData("h=app01,c=50,m=NaN", 400, "ERROR 'm=NaN' is not a finite number")]
    [InlineData("h=app01,c=50,m=", 400, "ERROR 'm=' is not a finite number")]
    [InlineData("h=app01,c=50,m=1e999", 400, "ERROR 'm=1e999' is not a finite number")]
    [InlineData("h=app01,c=50,m=Infinity", 400, "ERROR 'm=Infinity' is not a finite number")]
    [InlineData("h=app01,c=50,m=1,5", 400, "ERROR '5' sets nothing")]
    [InlineData("h=app01,c=50,m=0x10", 400, "ERROR 'm=0x10' is not a finite number")]
    [InlineData("h=app01,c=50,m=-1", 400, "ERROR mem: must be a number from 0 to 1e18")]
    [InlineData("h=app01,c=50,m=-0.0", 400, "ERROR mem: must be a number from 0 to 1e18")]
    [InlineData("h=app01,c=50,m=1e308", 400, "ERROR mem: must be a number from 0 to 1e18")]
    [InlineData("h=app01,c=50,cpu=51", 400, "ERROR 'cpu' is given twice")]
    [InlineData("h=app01,c=50,s=stopped", 400, "ERROR state 'stopped' is none of on, drain, off")]
    [InlineData("h=app01,c=50,u=in", 400, "ERROR health 'in' is none of up, down")]
    [InlineData("h=app01,c=50,i=out", 400, "ERROR 'i' is read only")]
    [InlineData("h=app01,c=50,age=0", 400, "ERROR 'age' is read only")]
    [InlineData("h=app01,c=50,r=0", 400, "ERROR 'r' is read only")]
    [InlineData("h=app01,c=50,p=0", 400, "ERROR 'p' is read only")]
    [InlineData("h=app01,c=50,f=%h", 400, "ERROR 'f' cannot be set here")]
    [InlineData("h=app01,c=50,a-b=1", 400, "ERROR a-b: a name is 1 to 64 of letters")]
    [InlineData("h=app01,c=50,F=app01", 400, "ERROR forward: forwards of 'app01' lead back to it")]
    [InlineData("h=app01,c=50,F=nosuch", 400, "ERROR forward: no server 'nosuch'")]
    [InlineData("h=app01,c=50,F=https://x/", 400, "ERROR 'https://x/' is no place to go to: a server")]
    [InlineData("h=app01,c=50,farm=farm_one,s=off", 400, "ERROR in one farm a server has only its state")]
    [InlineData("h=app01,farm=farm_one,c=50,w=3", 400, "ERROR a weight is set by itself")]
    [InlineData("h=app01,w=3,s=off", 400, "ERROR a weight is set by itself")]
    [InlineData("h=app01,w=1.5", 400, "ERROR weight '1.5' is not a whole number from 0 to 4294967295")]
    [InlineData("h=app01,w=-1", 400, "ERROR weight '-1' is not a whole number")]
    [InlineData("h=app02,w=3", 400, "ERROR 'app02' is in farm_one, farm_two; say which by farm=")]
    [InlineData("h=app04,w=3", 400, "ERROR 'app04' is in no farm")]
    [InlineData("h=app03,farm=farm_one,w=3", 404, "ERROR server 'app03' is not a member of farm 'farm_one'")]
    [InlineData("h=app1,c=50", 404, "ERROR no server 'app1'; did you mean 'app01'?")]
    [InlineData("h=app03,farm=farm_one,s=off", 404, "ERROR server 'app03' is not a member of farm 'farm_one'")]
    [InlineData("h=app01,farm=nosuch,s=off", 404, "ERROR no farm 'nosuch'")]
    [InlineData("h=*,s=off", 400, "ERROR an update names one server or farm")]
    [InlineData("c=50", 400, "ERROR no server is named")]
    [InlineData("app01", 400, "ERROR 'app01' sets nothing")]
    [InlineData("h=app01,c=50&h=app02,c=50", 400, "ERROR the requests concern both 'app01' and 'app02'; nothing was done")]
    public async Task A_bad_update_of_a_server_is_named_and_nothing_of_it_is_done(string text, int status, string error)
    {
        var before = await StateAsync(_athena);
        var (code, body) = await ClassicFixture.GetRawAsync(_athena, $"/ath/update/phys?{text}");
        Assert.StartsWith(error, body, StringComparison.Ordinal);
        Assert.Equal(status, code);
        Assert.Equal(before, await StateAsync(_athena));
    }

    [Theory]
    [InlineData("h=farm_one", 400, "ERROR nothing to set")]
    [InlineData("s=off", 400, "ERROR no farm is named")]
    [InlineData("h=farm_one,s=drain", 400, "ERROR a farm does not drain")]
    [InlineData("h=farm_one,s=off,c=1", 400, "ERROR 'c' cannot be set here")]
    [InlineData("h=farm_one,s=off,u=down", 400, "ERROR 'u' cannot be set here")]
    [InlineData("h=farm_one,farm=farm_one,s=off", 400, "ERROR two farms are named")]
    [InlineData("h=farm_one,s=off,F=farm_one", 400, "ERROR forward: forwards of 'farm_one' lead back to it")]
    [InlineData("h=farm_one,s=off,forward-off=ftp://x/", 400, "ERROR forward: 'ftp://x/' is not a complete http or https URL")]
    [InlineData("h=farm_on,s=off", 404, "ERROR no farm 'farm_on'; did you mean 'farm_one'?")]
    public async Task A_bad_update_of_a_farm_is_named_and_nothing_of_it_is_done(string text, int status, string error)
    {
        var before = await StateAsync(_athena);
        var (code, body) = await ClassicFixture.GetRawAsync(_athena, $"/ath/update/farm?{text}");
        Assert.StartsWith(error, body, StringComparison.Ordinal);
        Assert.Equal(status, code);
        Assert.Equal(before, await StateAsync(_athena));
    }

    [Fact]
    public async Task A_farm_is_switched_and_forwarded()
    {
        await using var athena = await ClassicFixture.StartAsync();
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/farm?h=farm_one,s=off,forward-off=\"https://x/?a=1&b=2,3\""));
        Assert.Equal((200, "https://x/?a=1&b=2,3\n"), await ClassicFixture.GetRawAsync(athena, "/ath/balance?farm_one"));
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/farm?farm=farm_one,forward-down=farm_two"));
        Assert.Equal((200, "https://x/?a=1&b=2,3|farm_two\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/farm?h=farm_one,f=%{forward-off}|%{forward-down}"));
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/farm?h=farm_one,F="));
        Assert.Equal((503, "ERROR farm 'farm_one' is off\n"), await ClassicFixture.GetRawAsync(athena, "/ath/balance?farm_one"));
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/farm?h=farm_one,s=on,F=*"));
        Assert.Equal(200, (await ClassicFixture.GetRawAsync(athena, "/ath/balance?farm_one")).Status);
    }

    [Fact]
    public async Task A_member_is_switched_in_one_farm_alone()
    {
        await using var athena = await ClassicFixture.StartAsync();
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?h=app02,farm=farm_one,s=off"));
        Assert.Equal((200, "off\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app02,farm=farm_one,f=%s"));
        Assert.Equal((200, "on\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app02,f=%s"));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal((200, "127.0.0.1:9001\n"), await ClassicFixture.GetRawAsync(athena, "/ath/balance?farm_one"));
        }
    }

    [Fact]
    public async Task Several_requests_give_their_results_in_order()
    {
        await using var athena = await ClassicFixture.StartAsync(new { AllowDiverseMulti = true });
        Assert.Equal((200, "OK\nERROR 'c=x' is not a finite number\nERROR no server 'zzzzzz'\nOK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?h=app01,c=1&h=app02,c=x,m=2&h=zzzzzz&h=app03,c=3"));
        Assert.Equal((200, "app01 1 -\napp02 - -\napp03 3 -\napp04 - -\napp09 - -\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?f=%h\\t%c\\t%m") is var (code, body) ? (code, body.Replace('\t', ' ')) : default);
        var seventeen = string.Join('&', Enumerable.Range(0, 17).Select(i => $"h=app01,c={i + 50}"));
        Assert.Equal((413, "ERROR more than 16 requests in one query; nothing was done\n"), await ClassicFixture.GetRawAsync(athena, $"/ath/update/phys?{seventeen}"));
        Assert.Equal((200, "1\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%c"));
    }

    [Fact]
    public async Task A_report_brings_a_server_in_and_one_without_numbers_is_a_sign_of_life()
    {
        var fleet = ClassicFixture.Fleet();
        fleet["ExpectUpdate"] = "00:00:00.5";
        await using var athena = await AthenaHost.StartAsync(fleet);
        await Deadline.UntilAsync(() => ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%i"), a => a.Body == "out\n");
        Assert.Equal((200, "OK\n"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?h=app01"));
        Assert.Equal((200, "in"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%i%{age}") is var (code, body) ? (code, body[..2]) : default);
    }

    [Fact]
    public async Task POST_takes_the_same_text_as_body_whatever_its_type()
    {
        await using var athena = await ClassicFixture.StartAsync(new { GetWrites = false });
        var get = await athena.Http.GetAsync("/ath/update/phys?h=app01,c=1");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (get.StatusCode, get.Content.Headers.Allow.Single()));
        Assert.Equal((200, "OK\n"), await PostAsync(athena, "/ath/update/phys", "h=app01,c=2\n"));
        Assert.Equal((200, "OK\n"), await PostAsync(athena, "/ath/update/phys", "Eh%3Dapp01%2Cm%3D3"));
        Assert.Equal((200, "OK\n"), await PostAsync(athena, "/ath/update/phys/?h=app01,l=4", ""));
        Assert.Equal((200, "2/3/4\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%c/%m/%l"));
        Assert.Equal(400, (await PostAsync(athena, "/ath/update/phys?h=app01,c=5", "h=app01,c=6")).Status);
        Assert.Equal((400, "ERROR the body is not text in UTF-8\n"), await PostAsync(athena, "/ath/update/phys", [0x68, 0xFF]));
        Assert.Equal((413, "ERROR the body is larger than 8192 bytes\n"), await PostAsync(athena, "/ath/update/phys", new string('x', 9000)));
        Assert.Equal(400, (await PostAsync(athena, "/ath/update/phys", "")).Status);
    }

    [Fact]
    public async Task Only_allowed_addresses_may_write_or_mirror_over_every_face()
    {
        await using var athena = await ClassicFixture.StartAsync(new { AllowFrom = new[] { "10.0.0.0/8", "192.0.2.1" } });
        const string Refused = " may not use update/phys; Athena:Classic:AllowFrom says who may\n";
        Assert.Equal((403, $"ERROR 127.0.0.1{Refused}"), await ClassicFixture.GetRawAsync(athena, "/ath/update/phys?h=app01,s=off"));
        Assert.Equal((403, $"ERROR 127.0.0.1{Refused}"), await PostAsync(athena, "/ath/update/phys", "h=app01,s=off"));
        Assert.Equal(403, (await ClassicFixture.GetRawAsync(athena, "/ath/mirror/phys?*")).Status);
        Assert.Equal(403, (await PostAsync(athena, "/ath/mirror/farm", "")).Status);
        var (code, info) = await Errors.OfAsync(athena.Classic.UpdatePhysAsync(new() { Raw = "h=app01,s=off" }));
        Assert.Equal((StatusCode.PermissionDenied, "ROLE_REQUIRED", "classic-writer"), (code, info.Reason, info.Metadata["role"]));
        Assert.Equal("ROLE_REQUIRED", await Errors.ReasonAsync(await athena.PostJsonAsync("/v1/classic/update/phys", """{"raw":"h=app01,s=off"}""")));
        Assert.Equal((200, "on\n"), await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?h=app01,f=%s"));
    }

    [Fact]
    public async Task Another_sites_page_may_not_write_from_an_allowed_machine()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/ath/update/phys?h=app01,s=off") { Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await _athena.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_bad_setting_stops_the_start_and_is_named_by_path()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => ClassicFixture.StartAsync(new { AllowFrom = new[] { "10.0.0.0/8", "10.0.0.300" } }));
        Assert.Contains("Athena:Classic:AllowFrom:1: '10.0.0.300' is not an address", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAnyAsync<Exception>(() => ClassicFixture.StartAsync(new { AlwaysOkay = true }));
        Assert.Contains("AlwaysOkay", error.Message, StringComparison.Ordinal);
    }

    private static Task<(int Status, string Body)> PostAsync(AthenaHost athena, string path, string body) => PostAsync(athena, path, Encoding.UTF8.GetBytes(body));

    private static async Task<(int Status, string Body)> PostAsync(AthenaHost athena, string path, byte[] body)
    {
        var response = await athena.Http.PostAsync(path, new ByteArrayContent(body));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<string> StateAsync(AthenaHost athena) =>
        (await ClassicFixture.GetRawAsync(athena, "/ath/status/phys?f=%h|%s|%u|%c|%m|%F")).Body + (await ClassicFixture.GetRawAsync(athena, "/ath/status/farm?f=%h|%s|%F")).Body;
}
