using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>Definitions and states as JSON: how they are kept, and how two of them are compared.</summary>
internal static class DefinitionJson
{
    /// <summary>Strict: what is not known is a fault, so that nothing is dropped in silence.</summary>
    public static JsonSerializerOptions Options { get; } = MakeOptions();

    public static JsonObject Of(ServerDefinition server) => (JsonObject)JsonSerializer.SerializeToNode(server, Options)!;

    public static JsonObject Of(FarmDefinition farm) => (JsonObject)JsonSerializer.SerializeToNode(farm, Options)!;

    public static ServerDefinition Server(JsonObject json) => json.Deserialize<ServerDefinition>(Options)!;

    public static FarmDefinition Farm(JsonObject json)
    {
        var farm = json.Deserialize<FarmDefinition>(Options)!;
        // Keys of parameters are compared without case, which JSON does not know.
        return farm with { Policy = farm.Policy with { Parameters = PolicyDefinition.Default.Parameters.AddRange(farm.Policy.Parameters) } };
    }

    /// <summary>Whether two definitions say the same. Records that hold collections are equal by reference only.</summary>
    public static bool Same(ServerDefinition one, ServerDefinition other) => ReferenceEquals(one, other) || JsonNode.DeepEquals(Of(one), Of(other));

    /// <inheritdoc cref="Same(ServerDefinition, ServerDefinition)"/>
    public static bool Same(FarmDefinition one, FarmDefinition other) => ReferenceEquals(one, other) || JsonNode.DeepEquals(Of(one), Of(other));

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            IgnoreReadOnlyProperties = true,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { WithoutOrigin } },
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false), new TargetConverter() },
        };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>Where a definition comes from is told by where it is kept.</summary>
    private static void WithoutOrigin(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(p => p.PropertyType == typeof(Origin)).ToArray())
        {
            type.Properties.Remove(property);
        }
    }

    private sealed class TargetConverter : JsonConverter<ForwardTarget>
    {
        public override ForwardTarget Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? new ForwardTarget(reader.GetString()!) : throw new JsonException("a forward is a text");

        public override void Write(Utf8JsonWriter writer, ForwardTarget value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
