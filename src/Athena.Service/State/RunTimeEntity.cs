using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>A farm or server that was made at run time, or what was changed of a configured one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsCreated">Whether it was made at run time: the fields are all of it. Otherwise they are those that differ from the configuration.</param>
/// <param name="Fields">JSON of the definition's fields. `weights` stands for `members` where weights alone were changed.</param>
internal sealed record RunTimeEntity(string Name, bool IsCreated, string Fields)
{
    private const string Members = "members";
    private const string Weights = "weights";

    // The definition made last and what it was made over: the same question gives the same instance, which says that nothing changed.
    private (object? Configured, object Definition)? _made;

    public bool Equals(RunTimeEntity? other) => other is not null && Name == other.Name && IsCreated == other.IsCreated && Fields == other.Fields;

    public override int GetHashCode() => HashCode.Combine(Name, IsCreated, Fields);

    public static RunTimeEntity Created(ServerDefinition server) => new(server.Name, true, DefinitionJson.Of(server).ToJsonString());

    public static RunTimeEntity Created(FarmDefinition farm) => new(farm.Name, true, DefinitionJson.Of(farm).ToJsonString());

    /// <summary>What differs from the configuration; null: nothing.</summary>
    public static RunTimeEntity? Changed(ServerDefinition configured, ServerDefinition server) =>
        Of(configured.Name, Difference(DefinitionJson.Of(configured), DefinitionJson.Of(server)));

    /// <inheritdoc cref="Changed(ServerDefinition, ServerDefinition)"/>
    public static RunTimeEntity? Changed(FarmDefinition configured, FarmDefinition farm)
    {
        var fields = Difference(DefinitionJson.Of(configured), DefinitionJson.Of(farm));
        if (fields.ContainsKey(Members) && configured.Members.Select(m => m with { Weight = 1 }).SequenceEqual(farm.Members.Select(m => m with { Weight = 1 })))
        {
            fields.Remove(Members);
            fields[Weights] = new JsonObject(configured.Members.Zip(farm.Members).Where(p => p.First.Weight != p.Second.Weight)
                .Select(p => KeyValuePair.Create(p.Second.Server, (JsonNode?)p.Second.Weight)));
        }
        return Of(configured.Name, fields);
    }

    /// <summary>The names of the fields that a changed one sets.</summary>
    public IReadOnlyList<string> FieldNames => [.. Parse().Select(f => f.Key).Where(k => k != "name")];

    /// <summary>The definition in force, over the configured one if there is one.</summary>
    public ServerDefinition Server(ServerDefinition? configured) => (ServerDefinition)Made(configured, () => MakeServer(configured));

    /// <inheritdoc cref="Server"/>
    public FarmDefinition Farm(FarmDefinition? configured) => (FarmDefinition)Made(configured, () => MakeFarm(configured));

    private object Made(object? configured, Func<object> make)
    {
        if (_made is not { } made || !ReferenceEquals(made.Configured, configured))
        {
            _made = made = (configured, make());
        }
        return made.Definition;
    }

    private ServerDefinition MakeServer(ServerDefinition? configured) =>
        DefinitionJson.Server(Over(configured is null ? null : DefinitionJson.Of(configured))) with { Origin = IsCreated ? Origin.Created : Origin.Changed };

    private FarmDefinition MakeFarm(FarmDefinition? configured)
    {
        var json = Over(configured is null ? null : DefinitionJson.Of(configured));
        var weights = json[Weights]?.AsObject();
        json.Remove(Weights);
        var farm = DefinitionJson.Farm(json) with { Origin = IsCreated ? Origin.Created : Origin.Changed };
        if (weights is null)
        {
            return farm;
        }
        // A member that the configuration has no longer takes its weight with it.
        var byServer = weights.ToImmutableDictionary(w => w.Key, w => w.Value!.GetValue<uint>(), EntityName.Comparer);
        return farm with { Members = [.. farm.Members.Select(m => byServer.TryGetValue(m.Server, out var weight) ? m with { Weight = weight } : m)] };
    }

    private static RunTimeEntity? Of(string name, JsonObject fields) => fields.Count == 0 ? null : new RunTimeEntity(name, false, fields.ToJsonString());

    private static JsonObject Difference(JsonObject configured, JsonObject wanted)
    {
        var fields = new JsonObject();
        foreach (var (key, value) in wanted)
        {
            if (key != "name" && !JsonNode.DeepEquals(configured[key], value))
            {
                fields[key] = value?.DeepClone();
            }
        }
        return fields;
    }

    private JsonObject Over(JsonObject? configured)
    {
        var fields = Parse();
        if (configured is null || IsCreated)
        {
            return fields;
        }
        foreach (var (key, value) in fields)
        {
            configured[key] = value?.DeepClone();
        }
        return configured;
    }

    private JsonObject Parse() => JsonNode.Parse(Fields)!.AsObject();
}
