using System.Text.Json;
using System.Text.Json.Nodes;
using Athena.Cli.Calls;
using Athena.V1;
using Google.Protobuf;

namespace Athena.Cli.Apply;

/// <summary>Servers and farms as a file tells them: `{"servers": [...], "farms": [...]}`, each a message of the protocol as proto JSON. What `athena export`, `athena servers --json` and `athena farms --json` print is one.</summary>
internal sealed class FleetDocument
{
    private const string Form = """{"servers": [{"name": "app01", "address": "http://127.0.0.1:9001"}], "farms": [{"name": "shop", "members": [{"server": "app01"}]}]}""";

    /// <summary>What lists of the service have beside farms and servers.</summary>
    private static readonly string[] Ignored = ["revision", "nextPageToken"];

    private FleetDocument(IReadOnlyList<Server> servers, IReadOnlyList<Farm> farms) => (Servers, Farms) = (servers, farms);

    public IReadOnlyList<Server> Servers { get; }

    public IReadOnlyList<Farm> Farms { get; }

    /// <summary>Whether it says which servers there are, if only that there are none; only then what is not in it may be taken as unwanted.</summary>
    public bool ListsServers { get; private init; } = true;

    /// <inheritdoc cref="ListsServers"/>
    public bool ListsFarms { get; private init; } = true;

    /// <summary>Of what a service or an import says; what only the service can say is left out.</summary>
    public static FleetDocument Of(IEnumerable<Server> servers, IEnumerable<Farm> farms) => new([.. servers.Select(Definitions.Of)], [.. farms.Select(Definitions.Of)]);

    /// <exception cref="CommandFault">The text is no such document; it says where and why.</exception>
    public static FleetDocument Parse(string text, string source)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException e)
        {
            throw new CommandFault($"{source}: not JSON: {e.Message}");
        }
        if (root is not JsonObject document)
        {
            throw new CommandFault($"{source}: not a fleet; write {Form}");
        }
        if (document.ContainsKey("Athena"))
        {
            throw new CommandFault($"{source}: a configuration, which the service reads itself (--Config={source}); `athena export` and `athena import --fleet` write what can be applied");
        }
        if (document.Select(p => p.Key).FirstOrDefault(k => k is not ("servers" or "farms") && !Ignored.Contains(k)) is { } unknown)
        {
            throw new CommandFault($"{source}: '{unknown}' is neither servers nor farms; write {Form}");
        }
        var servers = Messages(document, "servers", Server.Parser, source);
        var farms = Messages(document, "farms", Farm.Parser, source);
        Unique(servers.Select(s => s.Name), "servers", source);
        Unique(farms.Select(f => f.Name), "farms", source);
        return new([.. servers.Select(Definitions.Of)], [.. farms.Select(Definitions.Of)]) { ListsServers = document.ContainsKey("servers"), ListsFarms = document.ContainsKey("farms") };
    }

    /// <summary>The document's text.</summary>
    public string Print()
    {
        var formatter = new JsonFormatter(JsonFormatter.Settings.Default);
        JsonArray List(IEnumerable<IMessage> messages) => new([.. messages.Select(m => JsonNode.Parse(formatter.Format(m)))]);
        return new JsonObject { ["servers"] = List(Servers), ["farms"] = List(Farms) }.ToJsonString(Readable);
    }

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static List<T> Messages<T>(JsonObject document, string key, MessageParser<T> parser, string source)
        where T : IMessage<T>
    {
        if (document[key] is not { } node)
        {
            return [];
        }
        if (node is not JsonArray list)
        {
            throw new CommandFault($"{source}: {key} must be a list; write {Form}");
        }
        var all = new List<T>();
        for (var i = 0; i < list.Count; i++)
        {
            try
            {
                all.Add(parser.ParseJson(list[i]?.ToJsonString() ?? "null"));
            }
            catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException)
            {
                throw new CommandFault($"{source}: {key}[{i}]: {e.Message}");
            }
        }
        return all;
    }

    private static void Unique(IEnumerable<string> names, string key, string source)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in names)
        {
            if (name.Length == 0 || !seen.Add(name))
            {
                throw new CommandFault(name.Length == 0 ? $"{source}: one of the {key} has no name" : $"{source}: '{name}' is twice among the {key}");
            }
        }
    }
}
