using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Athena.Gateway;

/// <summary>Tells connections of the management address from those of visitors, by the listener they came through.</summary>
internal sealed class Management
{
    private static readonly Management Mark = new();

    /// <summary>Name of the endpoint in `Kestrel:Endpoints`.</summary>
    public const string Endpoint = "Management";

    public static bool IsAddressed(HttpContext context) => context.Features.Get<Management>() is not null;

    public static void MarkConnections(KestrelServerOptions kestrel) => kestrel.ConfigurationLoader?.Endpoint(Endpoint, endpoint =>
        endpoint.ListenOptions.Use(next => connection =>
        {
            connection.Features.Set(Mark);
            return next(connection);
        }));
}
