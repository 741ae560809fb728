using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Athena.Testing;

namespace Athena.Integration.Tests.Edge;

public sealed class CertificateTests
{
    private static readonly Uri NoService = new("http://127.0.0.1:1");

    [Fact]
    public async Task TLS_ends_at_the_gateway_and_a_new_certificate_file_is_taken_up_without_a_restart()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var (certificate, key) = (Path.Combine(directory.FullName, "tls.crt"), Path.Combine(directory.FullName, "tls.key"));
            var first = WriteCertificate("localhost", certificate, key);
            await using var backend = await Backend.StartAsync("a");
            await using var gateway = await GatewayHost.StartAsync(NoService, [.. EdgeFixture.RouteTo(backend.Address),
                "--Kestrel:Endpoints:Traffic:Url=https://127.0.0.1:0", $"--Gateway:Tls:Certificate={certificate}", $"--Gateway:Tls:Key={key}", "--Gateway:Tls:Interval=00:00:01"]);
            var port = gateway.Traffic.BaseAddress!.Port;
            Assert.Equal((HttpVersion.Version20, first), await AskAsync(port, HttpVersion.Version20));
            Assert.Equal((HttpVersion.Version11, first), await AskAsync(port, HttpVersion.Version11));
            using (var raw = new TcpClient())
            {
                await raw.ConnectAsync(IPAddress.Loopback, port);
                await using var tls = new SslStream(raw.GetStream(), false, (_, shown, _, _) => shown?.GetCertHashString() == first);
                await tls.AuthenticateAsClientAsync("localhost");
                await tls.WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
                Assert.StartsWith("HTTP/1.1 400", await new StreamReader(tls).ReadToEndAsync(Deadline.Token()), StringComparison.Ordinal);
            }
            var second = WriteCertificate("localhost", certificate, key);
            Assert.NotEqual(first, second);
            await Deadline.UntilAsync(() => AskAsync(port, HttpVersion.Version20), seen => seen.Certificate == second);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Each_host_has_its_certificate_and_a_file_that_goes_bad_leaves_the_good_one()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            string File(string name) => Path.Combine(directory.FullName, name);
            string Make(string host, string name) => WriteCertificate(host, File($"{name}.crt"), File($"{name}.key"));
            object Pair(string name) => new { Certificate = File($"{name}.crt"), Key = File($"{name}.key") };
            Task ConfigureAsync(object tls) => System.IO.File.WriteAllTextAsync(File("gateway.json"), JsonSerializer.Serialize(new { Gateway = new { Tls = tls } }));
            var (shop, all, deep) = (Make("shop.example", "shop"), Make("*.example", "all"), Make("*.deep.example", "deep"));
            var hosts = new Dictionary<string, object> { ["shop.example"] = Pair("shop"), ["*.example"] = Pair("all"), ["*.deep.example"] = Pair("deep") };
            await ConfigureAsync(new { Hosts = hosts, Interval = "00:00:01" });
            await using var backend = await Backend.StartAsync("a");
            await using var gateway = await GatewayHost.StartAsync(NoService, [.. EdgeFixture.RouteTo(backend.Address), "--Kestrel:Endpoints:Traffic:Url=https://127.0.0.1:0", $"--Config={File("gateway.json")}"]);
            var port = gateway.Traffic.BaseAddress!.Port;
            foreach (var (host, certificate) in new[]
            {
                ("shop.example", shop), ("SHOP.example", shop), ("www.example", all), ("x.deep.example", deep), ("x.y.deep.example", deep), ("x.shop.example", all), ("elsewhere.invalid", null), ("example", null), ("", null),
            })
            {
                Assert.Equal((host, certificate), (host, await ShownAsync(port, host)));
            }
            // One goes bad, another is renewed.
            await System.IO.File.WriteAllTextAsync(File("shop.crt"), "-----BEGIN CERTIFICATE-----\nMIIB");
            var renewed = Make("*.deep.example", "deep");
            await gateway.Process.LineAsync(l => l.Contains("cannot be read; the last good one", StringComparison.Ordinal));
            await Deadline.UntilAsync(() => ShownAsync(port, "x.deep.example"), shown => shown == renewed);
            Assert.Equal(shop, await ShownAsync(port, "shop.example"));
            // A default for all others and a host come with a reload; a host whose files are not there is left out.
            var other = Make("other", "other");
            hosts["new.example"] = Pair("other");
            hosts["broken.example"] = Pair("nowhere");
            hosts.Remove("*.example");
            await ConfigureAsync(new { Hosts = hosts, Certificate = File("other.crt"), Key = File("other.key") });
            await Deadline.UntilAsync(() => ShownAsync(port, "elsewhere.invalid"), shown => shown == other);
            Assert.Equal((other, shop, other, renewed), (await ShownAsync(port, "new.example"), await ShownAsync(port, "shop.example"), await ShownAsync(port, "broken.example"), await ShownAsync(port, "x.deep.example")));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("--Gateway:Tls:Hosts:shop.example:Certificate=/nowhere/tls.crt", "Gateway:Tls:Hosts:shop.example: the certificate in /nowhere/tls.crt cannot be read")]
    [InlineData("--Gateway:Tls:Certificate=/nowhere/tls.crt", "Gateway:Tls:Certificate: the certificate in /nowhere/tls.crt cannot be read")]
    [InlineData("--Gateway:Tls:Hosts:shop.example:Key=/nowhere/tls.key", "Hosts:shop.example:Certificate: the file is missing")]
    [InlineData("--Gateway:Tls:Hosts:*.*.example:Certificate=x", "must be a host name")]
    [InlineData("--Kestrel:Endpoints:Traffic:Sni:shop.example:Certificate:Path=x", "Kestrel:Endpoints:Traffic:Sni is not read here; name the certificates of hosts in Gateway:Tls:Hosts")]
    public async Task A_certificate_that_cannot_be_shown_stops_the_start_and_is_named(string argument, string fault)
    {
        await using var gateway = ChildProcess.Start("Athena.Gateway", "--Kestrel:Endpoints:Traffic:Url=https://127.0.0.1:0", "--Kestrel:Endpoints:Management:Url=http://127.0.0.1:0", argument);
        Assert.Equal(1, await gateway.ExitCodeAsync());
        Assert.Contains(fault, gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
    }

    /// <summary>The certificate that a visitor who asks for a host is shown; null when the handshake is refused.</summary>
    private static async Task<string?> ShownAsync(int port, string host)
    {
        using var raw = new TcpClient();
        await raw.ConnectAsync(IPAddress.Loopback, port);
        string? seen = null;
        await using var tls = new SslStream(raw.GetStream(), false, (_, shown, _, _) => (seen = shown?.GetCertHashString()) is not null);
        try
        {
            await tls.AuthenticateAsClientAsync(host);
            return seen;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return null;
        }
    }

    private static string WriteCertificate(string host, string certificate, string key)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", pair, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        File.WriteAllText(key + ".new", pair.ExportPkcs8PrivateKeyPem());
        File.Move(key + ".new", key, overwrite: true);
        File.WriteAllText(certificate + ".new", made.ExportCertificatePem());
        File.Move(certificate + ".new", certificate, overwrite: true);
        return made.Thumbprint;
    }

    private static async Task<(Version Version, string Certificate)> AskAsync(int port, Version version)
    {
        var seen = "";
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => (seen = shown!.GetCertHashString()).Length > 0 } };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{port}/") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (response.Version, seen);
    }
}
