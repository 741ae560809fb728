using System.Text.Json.Nodes;
using Athena.V1;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.OpenApi;
using Enum = System.Enum;
using Status = Google.Rpc.Status;

namespace Athena.Service.Contract.OpenApi;

/// <summary>Messages as schemas, as the JSON of protobuf has them: 64-bit numbers as text, enumerations by name, times and durations as text.</summary>
internal sealed class ContractSchemas(OpenApiDocument document, ContractComments comments)
{
    private readonly IDictionary<string, IOpenApiSchema> _schemas = (document.Components ??= new OpenApiComponents()).Schemas ??= new Dictionary<string, IOpenApiSchema>();

    /// <summary>A message, as a reference where it is one of the contract.</summary>
    public IOpenApiSchema Of(MessageDescriptor message)
    {
        if (WellKnown(message) is { } known)
        {
            return known;
        }
        var name = NameOf(message.FullName);
        if (!_schemas.ContainsKey(name))
        {
            var schema = new OpenApiSchema();
            // Known before its fields are: messages may contain themselves.
            _schemas[name] = schema;
            Fill(schema, message, _ => true);
        }
        return new OpenApiSchemaReference(name, document);
    }

    /// <summary>A message without the fields that stand in the path.</summary>
    public IOpenApiSchema Of(MessageDescriptor message, IReadOnlySet<string> without)
    {
        if (!message.Fields.InDeclarationOrder().Any(f => without.Contains(f.Name)))
        {
            return Of(message);
        }
        var schema = new OpenApiSchema();
        Fill(schema, message, f => !without.Contains(f.Name));
        return schema;
    }

    /// <summary>A field; its comment goes with it unless it is a mere reference.</summary>
    public IOpenApiSchema Of(FieldDescriptor field)
    {
        var text = TextOf(field);
        if (field.IsMap)
        {
            return new OpenApiSchema { Type = JsonSchemaType.Object, Description = text, AdditionalProperties = Single(field.MessageType.FindFieldByNumber(2)) };
        }
        var single = Single(field);
        if (field.IsRepeated)
        {
            return new OpenApiSchema { Type = JsonSchemaType.Array, Description = text, Items = single };
        }
        if (single is OpenApiSchema plain)
        {
            plain.Description = text;
            return plain;
        }
        return new OpenApiSchema { Description = text, AllOf = [single] };
    }

    /// <summary>google.rpc.Status with an ErrorInfo, which every error has.</summary>
    public IOpenApiSchema Error()
    {
        var name = Status.Descriptor.FullName;
        if (!_schemas.ContainsKey(name))
        {
            _schemas[ErrorInfo.Descriptor.FullName] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "The reason, for programs; among the details of every error.",
                Required = new HashSet<string> { "@type", "reason", "domain" },
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["@type"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("type.googleapis.com/google.rpc.ErrorInfo")] },
                    ["reason"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Description = string.Join('\n', Enum.GetValues<ErrorReason>().Where(r => r != 0).Select(r => $"- `{ApiErrors.NameOf(r)}`: {ReasonText(r)}")),
                    },
                    ["domain"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create(ApiErrors.Domain)] },
                    ["metadata"] = new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String } },
                },
            };
            _schemas[name] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "An error.",
                Required = new HashSet<string> { "code", "message", "details" },
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["code"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The code of gRPC." },
                    ["message"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "For people; it may change." },
                    ["details"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Description = "An ErrorInfo, and what more there is: BadRequest, RetryInfo, ResourceInfo, QuotaFailure, PreconditionFailure, each named by `@type`.",
                        Items = new OpenApiSchema { AnyOf = [new OpenApiSchemaReference(ErrorInfo.Descriptor.FullName, document), AnyMessage()] },
                    },
                },
            };
        }
        return new OpenApiSchemaReference(name, document);
    }

    private void Fill(OpenApiSchema schema, MessageDescriptor message, Func<FieldDescriptor, bool> wanted)
    {
        var oneofs = message.Oneofs.Where(o => !o.IsSynthetic).Select(o => $"At most one of {string.Join(", ", o.Fields.Select(f => $"`{f.JsonName}`"))}: {comments.Of(o.FullName)}");
        schema.Type = JsonSchemaType.Object;
        schema.Description = string.Join("\n\n", [.. new[] { comments.Of(message.FullName) }.Where(t => t.Length > 0), .. oneofs]);
        schema.Properties = message.Fields.InDeclarationOrder().Where(wanted).ToDictionary(f => f.JsonName, Of);
    }

    private IOpenApiSchema Single(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message or FieldType.Group => Of(field.MessageType),
        FieldType.Enum => Of(field.EnumType),
        FieldType.String => new OpenApiSchema { Type = JsonSchemaType.String },
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        FieldType.Bytes => new OpenApiSchema { Type = JsonSchemaType.String, Format = "byte" },
        FieldType.Double => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "double" },
        FieldType.Float => new OpenApiSchema { Type = JsonSchemaType.Number, Format = "float" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
        FieldType.UInt32 or FieldType.Fixed32 => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0", Maximum = "4294967295" },
        FieldType.UInt64 or FieldType.Fixed64 => new OpenApiSchema { Type = JsonSchemaType.String, Format = "uint64" },
        _ => new OpenApiSchema { Type = JsonSchemaType.String, Format = "int64" },
    };

    private OpenApiSchemaReference Of(EnumDescriptor kind)
    {
        var name = NameOf(kind.FullName);
        _schemas.TryAdd(name, new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = string.Join('\n', [comments.Of(kind.FullName), "", .. kind.Values.Select(v => $"- `{v.Name}`: {comments.Of($"{kind.FullName}.{v.Name}")}")]),
            Enum = [.. kind.Values.Select(v => (JsonNode)JsonValue.Create(v.Name))],
        });
        return new OpenApiSchemaReference(name, document);
    }

    private static OpenApiSchema? WellKnown(MessageDescriptor message) =>
        message == Timestamp.Descriptor ? new() { Type = JsonSchemaType.String, Format = "date-time" }
        : message == Duration.Descriptor ? new() { Type = JsonSchemaType.String, Pattern = @"^-?[0-9]+(\.[0-9]{1,9})?s$" }
        : message == FieldMask.Descriptor ? new() { Type = JsonSchemaType.String }
        : message == Struct.Descriptor ? new() { Type = JsonSchemaType.Object }
        : message == Value.Descriptor ? new()
        : message == Any.Descriptor ? AnyMessage()
        : null;

    private static OpenApiSchema AnyMessage() => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string> { "@type" },
        Properties = new Dictionary<string, IOpenApiSchema> { ["@type"] = new OpenApiSchema { Type = JsonSchemaType.String } },
    };

    private string TextOf(FieldDescriptor field) => comments.Of(field.FullName);

    private string ReasonText(ErrorReason reason)
    {
        var kind = ErrorReasonReflection.Descriptor.EnumTypes[0];
        return comments.Of($"{kind.FullName}.{kind.FindValueByNumber((int)reason).Name}");
    }

    private static string NameOf(string fullName) => fullName.StartsWith("athena.v1.", StringComparison.Ordinal) ? fullName["athena.v1.".Length..] : fullName;
}
