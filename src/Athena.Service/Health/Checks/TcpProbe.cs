using System.Net.Sockets;
using Athena.Engine.Farms;

namespace Athena.Service.Health.Checks;

/// <summary>A connection that opens.</summary>
internal sealed class TcpProbe : ICheckProbe
{
    public CheckKind Kind => CheckKind.Tcp;

    public async Task<string?> AskAsync(Uri address, CheckDefinition check, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.IdnHost, address.Port, cancellation);
        return null;
    }
}
