using System.Text.Json;
using Athena.Cli.Import;
using CsCheck;

namespace Athena.Cli.Tests.Import;

public sealed class ImporterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("athena-import-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_real_looking_configuration_becomes_json_and_everything_else_is_named()
    {
        Write("conf.d/10-servers.conf", """
            # Servers
            AthPhys app01 10.0.0.5:8080 weight=2 expect=30
            athphys app02 "10.0.0.6" forward=app01
            AthPhys v6 [2001:db8::1]:81
            """);
        Write("conf.d/20-farms.conf", """
            AthFarm farm_one algorithm=cpu \
                members=app01,app02 \
                forward-down=farm_two
            AthFarm farm_two algorithm=round-robin members=v6 forward-off=https://sorry.example/
            """);
        Write("conf.d/README", "AthPhys not_read 10.0.0.9");
        Write("sites/shop.conf", """
            <VirtualHost *:80>
                ServerName shop.example
                ProxyPass        /reports/ http://farm_one/r/ timeout=5
                ProxyPassReverse /reports/ http://farm_one/r/
                ProxyPass        /static/ http://10.0.0.77/
                <Location "/inner/">
                    ProxyPass http://farm_two/
                </Location>
            </VirtualHost>
            """);
        var file = Write("httpd.conf", """
            ServerRoot "/nowhere/at/all"
            Define SITES sites
            <IfModule mod_athena.c>
            AthEngine On
            AthPath /athena_balancer
            AthSHMFile ${APACHE_RUN_DIR}/athena.shm
            AthExpectUpdate 60
            AthAllowDiverseMulti Off
            AthMystery 42
            Include conf.d/*.conf
            IncludeOptional nothing/*.conf
            </IfModule>
            <IfDefine OLD>
            AthPhys old 10.0.0.99
            </IfDefine>
            Include ${SITES}
            """);
        var terminal = new TestTerminal();
        Assert.Equal(0, await terminal.RunAsync("import", file));
        var expected = JsonSerializer.Serialize(new
        {
            Athena = new
            {
                EnginePaths = new[] { "/athena_balancer" },
                ExpectUpdate = "00:01:00",
                Servers = new Dictionary<string, object>
                {
                    ["app01"] = new { Address = "http://10.0.0.5:8080", ExpectUpdate = "00:00:30" },
                    ["app02"] = new { Address = "http://10.0.0.6", Forward = "app01" },
                    ["v6"] = new { Address = "http://[2001:db8::1]:81" },
                },
                Farms = new Dictionary<string, object>
                {
                    ["farm_one"] = new { Policy = new { Name = "least_load", Statistic = "cpu" }, Members = new { app01 = new { Weight = 2 }, app02 = new { } }, Forward = new { Down = "farm_two" } },
                    ["farm_two"] = new { Policy = new { Name = "round_robin" }, Members = new { v6 = new { } }, Forward = new { Off = "https://sorry.example/" } },
                },
            },
            Gateway = new { ProxyPass = new[] { new { From = "/reports/", To = "http://farm_one/r/" }, new { From = "/inner/", To = "http://farm_two/" } } },
        });
        Assert.Equal(expected, JsonSerializer.Serialize(JsonDocument.Parse(terminal.Out)));
        foreach (var remark in new[] { "httpd.conf:6: AthSHMFile", "httpd.conf:9: AthMystery is not known", "shop.conf:3: ProxyPass /reports/: timeout=5", "shop.conf:5: ProxyPass /static/", "shop.conf:3: ProxyPass /reports/ holds in <VirtualHost *:80>" })
        {
            Assert.Contains(remark, terminal.Error, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("error:", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("3 servers, 2 farms, 2 proxied paths", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AthPhys app01", "httpd.conf:1: write AthPhys")]
    [InlineData("\nAthPhys a/b 10.0.0.1", "httpd.conf:2: 'a/b' is not a name")]
    [InlineData("AthPhys a 10.0.0.1 weight=much", "weight=much is not")]
    [InlineData("AthPhys a ht!tp://x y", "is not an address of a")]
    [InlineData("AthPhys a 10.0.0.1 forward=b", "forward=b of a has no AthPhys")]
    [InlineData("AthPhys a h1 forward=b\nAthPhys b h2 forward=a", "forward=b of a leads back")]
    [InlineData("AthPhys a h1\nAthPhys A h2", "httpd.conf:2: server A is declared a second time")]
    [InlineData("AthFarm f algorithm=rr members=x", "member x of farm f has no AthPhys")]
    [InlineData("AthFarm f algorithm=rr forward-off=nowhere", "forward-off=nowhere is neither")]
    [InlineData("AthFarm f forward-off=g\nAthFarm g forward-down=f", "the forwards of farm f lead back")]
    [InlineData("AthExpectUpdate soon", "'soon' is not a number of seconds")]
    [InlineData("Include missing.conf", "httpd.conf:1: Include missing.conf: no such file")]
    [InlineData("Include httpd.conf", "included in a circle")]
    [InlineData("<VirtualHost *>", "<VirtualHost> is not closed")]
    [InlineData("</VirtualHost>", "closes nothing")]
    public async Task What_is_wrong_is_named_by_file_and_line_and_the_rest_is_written(string text, string expected)
    {
        var terminal = new TestTerminal();
        Assert.Equal(ExitCodes.Refused, await terminal.RunAsync("import", Write("httpd.conf", text)));
        Assert.Contains(expected, terminal.Error, StringComparison.Ordinal);
        Assert.True(JsonDocument.Parse(terminal.Out).RootElement.TryGetProperty("Athena", out _));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_said()
    {
        var terminal = new TestTerminal();
        Assert.Equal(ExitCodes.Refused, await terminal.RunAsync("import", "/nowhere/httpd.conf"));
        Assert.Contains("no such file", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b\tc", "a|b|c")]
    [InlineData("a \"b c\" 'd \"e'", "a|b c|d \"e")]
    [InlineData("x \"say \\\"hi\\\" \\\\ \\n\"", "x|say \"hi\" \\ \\n")]
    [InlineData("open \"to the end", "open|to the end")]
    public void Words_are_parted_as_httpd_parts_them(string line, string words) => Assert.Equal(words.Split('|'), LineWords.Split(line));

    [Fact]
    public void Every_word_that_is_quoted_reads_back() => Gen.String[Gen.Char[' ', '~'], 0, 20].List[1, 6].Sample(
        words => LineWords.Split(string.Join(' ', words.Select(w => $"\"{w.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))).SequenceEqual(words));

    [Theory]
    [InlineData("*.conf", "a.conf", true)]
    [InlineData("*.conf", ".a.conf", false)]
    [InlineData("[0-9]?-*.conf", "10-x.conf", true)]
    [InlineData("[!a]*", "abc", false)]
    [InlineData("a+b", "a+b", true)]
    public void Patterns_are_those_of_a_shell(string pattern, string name, bool matches) => Assert.Equal(matches, HttpdFiles.Matches(pattern, name));

    [Fact]
    public void No_text_breaks_the_importer() => Gen.OneOf(Gen.String, Gen.OneOf(new[] {
            "AthPhys ", "AthFarm ", "ProxyPass ", "AthPath ", "<Location ", "</Location>", "<IfDefine X>", "\\\n", "\n", "\"", "weight=", "members=a,b", "http://f/", "${", "}", "Include ", "/", "algorithm=",
        }.Select(Gen.Const).ToArray())).List[1, 12].Sample(
        parts =>
        {
            var (directives, _) = HttpdReader.Read(Write("fuzz.conf", string.Concat(parts.Where(p => !p.Contains("Include", StringComparison.OrdinalIgnoreCase)))), [], _ => null);
            JsonDocument.Parse(NewConfiguration.Of(Importer.Import(directives).Fleet));
        },
        iter: 3000, threads: 1);

    [Fact]
    public void Every_declared_server_and_farm_arrives() => Gen.Select(Gen.Int[1, 20], Gen.Int[0, 5], Gen.Bool).Sample(
        (servers, farms, folded) =>
        {
            var fold = folded ? " \\\n   " : " ";
            var text = string.Concat(Enumerable.Range(0, servers).Select(i => $"AthPhys s{i}{fold}10.0.0.{i}:80{fold}weight={i}\n"))
                + string.Concat(Enumerable.Range(0, farms).Select(i => $"# farm {i}\nAthFarm f{i}{fold}algorithm=least_load{fold}members={string.Join(',', Enumerable.Range(0, servers).Select(s => $"s{s}"))}\n"));
            var (directives, unread) = HttpdReader.Read(Write("many.conf", text), [], _ => null);
            var (fleet, faults, notes) = Importer.Import(directives);
            return unread.Count + faults.Count + notes.Count == 0 && fleet.Servers.Count == servers && fleet.Farms.Count == farms && fleet.Farms.Values.All(f => f.Members.Count == servers);
        },
        iter: 200, threads: 1);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
