using System.Collections.Frozen;

namespace Athena.Engine.Farms;

/// <summary>All that decisions read, fixed at one revision. What hangs from it is immutable, or a cell safe from any thread.</summary>
public sealed class Snapshot
{
    private readonly FrozenDictionary<string, int> _farmIndex;
    private readonly FrozenDictionary<string, int> _serverIndex;
    private readonly Farm[] _farms;
    private readonly Server[] _servers;

    internal Snapshot(long revision, AdminSetting engine, FrozenDictionary<string, int> farmIndex, Farm[] farms,
        FrozenDictionary<string, int> serverIndex, Server[] servers)
    {
        Revision = revision;
        Engine = engine;
        (_farmIndex, _farms) = (farmIndex, farms);
        (_serverIndex, _servers) = (serverIndex, servers);
    }

    /// <summary>Nothing, at revision 0.</summary>
    public static Snapshot Empty { get; } =
        new(0, AdminSetting.On, FrozenDictionary<string, int>.Empty, [], FrozenDictionary<string, int>.Empty, []);

    /// <summary>Grows by one with every change of the configuration or of a state.</summary>
    public long Revision { get; }

    /// <summary>Whether the whole engine decides: on or off.</summary>
    public AdminSetting Engine { get; }

    /// <summary>Farms, in the order of the configuration.</summary>
    public IReadOnlyList<Farm> Farms => _farms;

    /// <summary>Servers, in the order of the configuration.</summary>
    public IReadOnlyList<Server> Servers => _servers;

    /// <summary>The farm of this name, or null.</summary>
    public Farm? FindFarm(string name) => _farmIndex.TryGetValue(name, out var i) ? _farms[i] : null;

    /// <summary>The server of this name, or null.</summary>
    public Server? FindServer(string name) => _serverIndex.TryGetValue(name, out var i) ? _servers[i] : null;

    /// <summary>Whether a server is a member of any of these farms.</summary>
    public bool HasMember(IEnumerable<string> farms, string server) => farms.Any(f => FindFarm(f)?.FindMember(server) is not null);

    /// <summary>The same at another revision.</summary>
    public Snapshot At(long revision) => revision == Revision ? this : new(revision, Engine, _farmIndex, _farms, _serverIndex, _servers);

    internal FrozenDictionary<string, int> FarmIndex => _farmIndex;

    internal FrozenDictionary<string, int> ServerIndex => _serverIndex;
}
