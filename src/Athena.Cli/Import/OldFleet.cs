namespace Athena.Cli.Import;

/// <summary>What an old configuration declares, as the new one's JSON will have it.</summary>
internal sealed class OldFleet
{
    public List<string> EnginePaths { get; } = [];

    public TimeSpan? ExpectUpdate { get; set; }

    public SortedDictionary<string, OldServer> Servers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public SortedDictionary<string, OldFarm> Farms { get; } = new(StringComparer.OrdinalIgnoreCase);

    public List<(string From, string To)> ProxyPass { get; } = [];
}

/// <summary>An AthPhys line.</summary>
internal sealed record OldServer(Directive At, string Address)
{
    public uint Weight { get; init; } = 1;

    public TimeSpan? ExpectUpdate { get; init; }

    public string? Forward { get; set; }
}

/// <summary>An AthFarm line.</summary>
internal sealed record OldFarm(Directive At, string Policy)
{
    /// <summary>The statistic of `least_load`, when it is not the default.</summary>
    public string? Statistic { get; init; }

    public required List<string> Members { get; init; }

    public string? ForwardOff { get; set; }

    public string? ForwardDown { get; set; }
}
