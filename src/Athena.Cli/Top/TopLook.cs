using Athena.Cli.Calls;
using Athena.V1;
using Grpc.Core;

namespace Athena.Cli.Top;

/// <summary>Asks a service for what a model shows.</summary>
internal static class TopLook
{
    public static async Task LookAsync(Session session, TopModel model)
    {
        var farms = await session.FarmsAsync();
        var servers = await session.ServersAsync();
        model.Look(farms.Farms, servers.Servers, servers.Revision);
    }

    /// <summary>Only of the servers in sight: a fleet may have thousands.</summary>
    public static async Task StatisticsAsync(Session session, TopModel model, IEnumerable<string> servers)
    {
        async Task<GetStatsResponse?> OneAsync(string server)
        {
            try
            {
                return await session.Stats.GetStatsAsync(new() { Server = server }, session.Call);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                return null;
            }
        }
        foreach (var stats in await Task.WhenAll(servers.Select(OneAsync)))
        {
            if (stats is not null)
            {
                model.Look(stats);
            }
        }
    }
}
