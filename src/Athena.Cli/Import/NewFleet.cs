using Athena.Cli.Apply;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Import;

/// <summary>An imported fleet as servers and farms that `athena apply` makes at run time.</summary>
internal static class NewFleet
{
    public static FleetDocument Of(OldFleet fleet) => FleetDocument.Of(fleet.Servers.Select(s => Server(s.Key, s.Value, fleet)), fleet.Farms.Select(f => Farm(f.Key, f.Value, fleet)));

    private static Server Server(string name, OldServer server, OldFleet fleet) => new()
    {
        Name = name,
        Address = server.Address,
        Forward = server.Forward ?? "",
        // A running service has its own default, so that of the old configuration goes with each server.
        ExpectUpdate = (server.ExpectUpdate ?? fleet.ExpectUpdate) is { } time ? Duration.FromTimeSpan(time) : null,
    };

    private static Farm Farm(string name, OldFarm farm, OldFleet fleet)
    {
        var made = new Farm { Name = name, Policy = new Policy { Name = farm.Policy } };
        if (farm.Statistic is { } statistic)
        {
            made.Policy.Parameters = new Struct { Fields = { ["Statistic"] = Value.ForString(statistic) } };
        }
        foreach (var member in farm.Members)
        {
            var server = fleet.Servers.Keys.First(k => k.Equals(member, StringComparison.OrdinalIgnoreCase));
            // A weight was the server's; it is the member's now.
            made.Members.Add(new Member { Server = server, Weight = fleet.Servers[server].Weight });
        }
        if (farm.ForwardOff is not null || farm.ForwardDown is not null)
        {
            made.Forwards = new Forwards { Off = farm.ForwardOff ?? "", Down = farm.ForwardDown ?? "" };
        }
        return made;
    }
}
