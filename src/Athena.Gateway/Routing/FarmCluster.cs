using System.Collections.Concurrent;

namespace Athena.Gateway.Routing;

/// <summary>The name of a YARP cluster whose requests the service decides: `athena:FARM`.</summary>
internal static class FarmCluster
{
    private const string Prefix = "athena:";

    /// <summary>At the end of a cluster's name: its servers are spoken to in HTTP/2 without TLS. No farm's name has a blank.</summary>
    private const string ClearTextHttp2 = " h2c";

    public static string NameOf(string farm, bool isClearTextHttp2 = false) => Prefix + farm + (isClearTextHttp2 ? ClearTextHttp2 : "");

    public static bool IsClearTextHttp2(string cluster) => cluster.EndsWith(ClearTextHttp2, StringComparison.Ordinal);

    /// <summary>Farms of clusters asked for: names come from the configuration and are few.</summary>
    private static readonly ConcurrentDictionary<string, string?> Farms = new(StringComparer.Ordinal);

    /// <summary>The farm of a cluster; null when the cluster is one of YARP's own.</summary>
    public static string? FarmOf(string? cluster) => cluster is null ? null : Farms.TryGetValue(cluster, out var known) ? known : Farms.GetOrAdd(cluster, Read);

    private static string? Read(string cluster) =>
        cluster.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && cluster.Length > Prefix.Length ? cluster[Prefix.Length..(IsClearTextHttp2(cluster) ? ^ClearTextHttp2.Length : ^0)] : null;
}
