using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Athena.Cli.Import;

/// <summary>Writes an imported fleet as the JSON that service and gateway read.</summary>
internal static class NewConfiguration
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(OldFleet fleet)
    {
        var athena = new JsonObject();
        if (fleet.EnginePaths.Count > 0)
        {
            athena["EnginePaths"] = new JsonArray([.. fleet.EnginePaths.Select(p => (JsonNode)p)]);
        }
        Duration(athena, fleet.ExpectUpdate);
        athena["Servers"] = new JsonObject(fleet.Servers.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)Server(s.Value))));
        athena["Farms"] = new JsonObject(fleet.Farms.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)Farm(f.Value, fleet))));
        var root = new JsonObject { ["Athena"] = athena };
        if (fleet.ProxyPass.Count > 0)
        {
            root["Gateway"] = new JsonObject { ["ProxyPass"] = new JsonArray([.. fleet.ProxyPass.Select(p => new JsonObject { ["From"] = p.From, ["To"] = p.To })]) };
        }
        return root.ToJsonString(Readable);
    }

    private static JsonObject Server(OldServer server)
    {
        var node = new JsonObject { ["Address"] = server.Address };
        Duration(node, server.ExpectUpdate);
        Text(node, "Forward", server.Forward);
        return node;
    }

    private static JsonObject Farm(OldFarm farm, OldFleet fleet)
    {
        var policy = new JsonObject { ["Name"] = farm.Policy };
        Text(policy, "Statistic", farm.Statistic);
        var members = new JsonObject();
        foreach (var member in farm.Members)
        {
            var name = fleet.Servers.Keys.First(k => k.Equals(member, StringComparison.OrdinalIgnoreCase));
            // A weight was the server's; it is the member's now.
            var weight = fleet.Servers[name].Weight;
            members[name] = weight == 1 ? new JsonObject() : new JsonObject { ["Weight"] = weight };
        }
        var node = new JsonObject { ["Policy"] = policy, ["Members"] = members };
        if (farm.ForwardOff is not null || farm.ForwardDown is not null)
        {
            var forward = new JsonObject();
            Text(forward, "Off", farm.ForwardOff);
            Text(forward, "Down", farm.ForwardDown);
            node["Forward"] = forward;
        }
        return node;
    }

    private static void Duration(JsonObject node, TimeSpan? value)
    {
        if (value is { } duration)
        {
            node["ExpectUpdate"] = duration.ToString("c", System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static void Text(JsonObject node, string key, string? value)
    {
        if (value is not null)
        {
            node[key] = value;
        }
    }
}
