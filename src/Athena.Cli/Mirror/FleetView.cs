using Athena.V1;

namespace Athena.Cli.Mirror;

/// <summary>A service's farms and servers as they stand, kept up by its fleet stream.</summary>
internal sealed class FleetView
{
    private readonly Dictionary<string, Farm> _farms = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Server> _servers = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyDictionary<string, Farm> Farms => _farms;

    public IReadOnlyDictionary<string, Server> Servers => _servers;

    public long Revision { get; private set; }

    public static FleetView Of(ListFarmsResponse farms, ListServersResponse servers)
    {
        var view = new FleetView();
        view.Take(new WatchFleetResponse { Snapshot = true, Farms = { farms.Farms }, Servers = { servers.Servers }, Revision = Math.Min(farms.Revision, servers.Revision) });
        return view;
    }

    public void Take(WatchFleetResponse step)
    {
        if (step.Snapshot)
        {
            _farms.Clear();
            _servers.Clear();
        }
        foreach (var farm in step.Farms)
        {
            _farms[farm.Name] = farm;
        }
        foreach (var server in step.Servers)
        {
            _servers[server.Name] = server;
        }
        foreach (var gone in step.RemovedFarms)
        {
            _farms.Remove(gone);
        }
        foreach (var gone in step.RemovedServers)
        {
            _servers.Remove(gone);
        }
        Revision = step.Revision;
    }

    /// <summary>All that operators can set, with what is set.</summary>
    public IEnumerable<KeyValuePair<Slot, Held>> Slots()
    {
        foreach (var server in _servers.Values)
        {
            yield return new(new(SlotKind.Admin, "", server.Name), Held.Admin(server.Status.Admin, server.Status.Causes.Where(c => c.Farm.Length == 0)));
            yield return new(new(SlotKind.Health, "", server.Name), Held.Health(server.Status.Health, server.Status.Causes));
            yield return new(new(SlotKind.Forward, "", server.Name), new Held(server.Forward, null));
        }
        foreach (var farm in _farms.Values)
        {
            yield return new(new(SlotKind.Admin, farm.Name, ""), Held.Admin(farm.Admin, farm.Causes));
            yield return new(new(SlotKind.Forward, farm.Name, ""), new Held(Held.Text(farm.Forwards), null));
            foreach (var member in farm.Members)
            {
                yield return new(new(SlotKind.Admin, farm.Name, member.Server), Held.Admin(member.Admin, member.Causes.Where(c => c.Farm.Length > 0)));
            }
        }
    }
}
