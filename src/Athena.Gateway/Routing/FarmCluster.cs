namespace Athena.Gateway.Routing;

/// <summary>The name of a YARP cluster whose requests the service decides: `athena:FARM`.</summary>
internal static class FarmCluster
{
    private const string Prefix = "athena:";

    public static string NameOf(string farm) => Prefix + farm;

    /// <summary>The farm of a cluster; null when the cluster is one of YARP's own.</summary>
    public static string? FarmOf(string? cluster) =>
        cluster?.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) == true && cluster.Length > Prefix.Length ? cluster[Prefix.Length..] : null;
}
