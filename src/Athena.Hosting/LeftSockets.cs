using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Athena.Hosting;

/// <summary>Unix sockets that a process left behind when it was killed: the next one takes their place instead of finding the address in use.</summary>
public static class LeftSockets
{
    /// <summary>Takes such sockets away before the endpoints are opened. One that somebody listens on stays, and stops the start.</summary>
    public static void ReplaceLeftSockets(this WebApplicationBuilder builder) => builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = endpoint =>
    {
        if (endpoint is UnixDomainSocketEndPoint unix && IsLeft(unix))
        {
            File.Delete(unix.ToString());
        }
        return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
    });

    private static bool IsLeft(UnixDomainSocketEndPoint endpoint)
    {
        if (!File.Exists(endpoint.ToString()))
        {
            return false;
        }
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(endpoint);
            return false;
        }
        catch (SocketException e)
        {
            // A plain file refuses too; one that holds something is not ours to delete.
            return e.SocketErrorCode == SocketError.ConnectionRefused && new FileInfo(endpoint.ToString()).Length == 0;
        }
    }
}
