using System.Globalization;
using System.Text.RegularExpressions;
using Athena.Testing;

namespace Athena.Integration.Tests.Forwarding;

/// <summary>One server behind two gateways: one forwards plain requests leanly, the other by YARP alone.</summary>
public sealed partial class TwoWays : IAsyncLifetime
{
    private AthenaHost _athena = null!;

    public ScriptedBackend Server { get; } = new();

    public GatewayHost Lean { get; private set; } = null!;

    public GatewayHost Yarp { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _athena = await AthenaHost.StartAsync(new
        {
            Servers = new { s = new { Address = Server.Address.ToString() } },
            Farms = new { web = new { Members = new { s = new { } } } },
        });
        string[] arguments = ["--Gateway:ProxyPass:1:From=/there/", "--Gateway:ProxyPass:1:To=http://web/here/", "--Gateway:Retries:Most=0", "--Gateway:Timeout=00:00:30"];
        Lean = await GatewayHost.PassAsync(_athena.GrpcAddress, "/", "http://web/", arguments);
        Yarp = await GatewayHost.PassAsync(_athena.GrpcAddress, "/", "http://web/", [.. arguments, "--Gateway:Lean=false"]);
    }

    public async ValueTask DisposeAsync()
    {
        await Lean.DisposeAsync();
        await Yarp.DisposeAsync();
        await _athena.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>What a visitor gets by one of them, and what the server got.</summary>
    public async Task<(string Answer, string Request)> AskAsync(GatewayHost gateway, string request)
    {
        Server.TakeHeads();
        var answer = await RawConnection.ExchangeAsync(gateway.Addresses[^1], request);
        return (Normal(answer, gateway), string.Join("--\n", Server.TakeHeads().Select(h => Normal(h, gateway))));
    }

    /// <summary>Fields in the order of their names, without what differs from one gateway or second to the next.</summary>
    private static string Normal(string message, GatewayHost gateway)
    {
        var end = message.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return message;
        }
        var lines = message[..end].Split("\r\n");
        var fields = lines.Skip(1).Where(l => !l.StartsWith("Date: ", StringComparison.OrdinalIgnoreCase)).Select(l => NameOf().Replace(l, n => n.Value.ToLowerInvariant())).Order(StringComparer.Ordinal);
        return string.Join('\n', [lines[0], .. fields, "", lines.Contains("Transfer-Encoding: chunked") ? Joined(message[(end + 4)..]) : message[(end + 4)..]]).Replace(gateway.Addresses[^1].Authority, "GATEWAY", StringComparison.Ordinal);
    }

    /// <summary>A body without the seams of its chunks, which are each gateway's own.</summary>
    private static string Joined(string chunks)
    {
        var body = "";
        while (chunks.IndexOf("\r\n", StringComparison.Ordinal) is var line && line > 0 && int.Parse(chunks[..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var length && length > 0)
        {
            body += chunks.Substring(line + 2, length);
            chunks = chunks[(line + 2 + length + 2)..];
        }
        return $"{body} then {chunks}";
    }

    [GeneratedRegex("^[^:]*:")]
    private static partial Regex NameOf();
}
