using System.Text;
using System.Text.RegularExpressions;
using Athena.V1;
using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Athena.Service.Contract.OpenApi;

/// <summary>The OpenAPI document of the JSON routes, made of the contract's descriptors and their google.api.http rules.</summary>
internal static partial class ContractDocument
{
    private static readonly ServiceDescriptor[] Services =
        [BalancerService.Descriptor, StatsService.Descriptor, FleetService.Descriptor, WatchService.Descriptor, ClassicService.Descriptor];

    /// <summary>Most fields deep that a query parameter leads.</summary>
    private const int Deepest = 4;

    /// <summary>The document as JSON, in UTF-8.</summary>
    public static async Task<byte[]> ToJsonAsync() => Encoding.UTF8.GetBytes(await Make().SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1));

    /// <summary>The document.</summary>
    public static OpenApiDocument Make()
    {
        var document = new OpenApiDocument
        {
            Info = new OpenApiInfo
            {
                Title = "Athena",
                Version = "v1",
                Description = "Which server of this farm should I use now? These are the JSON routes of the gRPC package athena.v1. Unknown fields and parameters are refused; "
                    + "fields that have their default value are left out of answers.",
            },
            Paths = [],
            Tags = new HashSet<OpenApiTag>(),
        };
        var comments = new ContractComments();
        var schemas = new ContractSchemas(document, comments);
        foreach (var service in Services)
        {
            document.Tags!.Add(new OpenApiTag { Name = service.Name, Description = comments.Of(service.FullName) });
            foreach (var method in service.Methods)
            {
                var number = 0;
                foreach (var rule in Rules(method))
                {
                    Add(document, schemas, comments, method, rule, number++);
                }
            }
        }
        return document;
    }

    /// <summary>The rules of a method, the additional ones too.</summary>
    public static IEnumerable<HttpRule> Rules(MethodDescriptor method) =>
        method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is { } rule ? [rule, .. rule.AdditionalBindings] : [];

    /// <summary>Verb and path of a rule.</summary>
    public static (HttpMethod Verb, string Path) RouteOf(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => (HttpMethod.Get, rule.Get),
        HttpRule.PatternOneofCase.Put => (HttpMethod.Put, rule.Put),
        HttpRule.PatternOneofCase.Post => (HttpMethod.Post, rule.Post),
        HttpRule.PatternOneofCase.Delete => (HttpMethod.Delete, rule.Delete),
        HttpRule.PatternOneofCase.Patch => (HttpMethod.Patch, rule.Patch),
        _ => throw new NotSupportedException($"a rule of the kind {rule.PatternCase}"),
    };

    /// <summary>A path as the document has it: `{farm.name}` is `{farm}`, for OpenAPI takes paths that differ in names alone for one.</summary>
    public static string ShownPath(string path) => Variable().Replace(path, m => $"{{{m.Groups[1].Value.Split('.')[0]}}}");

    private static void Add(OpenApiDocument document, ContractSchemas schemas, ContractComments comments, MethodDescriptor method, HttpRule rule, int number)
    {
        var (verb, path) = RouteOf(rule);
        var inPath = Variable().Matches(path).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var text = comments.Of(method.FullName);
        var operation = new OpenApiOperation
        {
            OperationId = $"{method.Service.Name}_{method.Name}{(number == 0 ? "" : $"_{number + 1}")}",
            Tags = new HashSet<OpenApiTagReference> { new(method.Service.Name, document) },
            Summary = text.Split('\n')[0],
            Description = text,
            Parameters = [.. inPath.Select(name => Parameter(schemas, FieldAt(method.InputType, name), name.Split('.')[0], ParameterLocation.Path))],
            RequestBody = Body(schemas, method.InputType, rule.Body, inPath),
            Responses = new OpenApiResponses
            {
                ["200"] = new OpenApiResponse { Description = "Done.", Content = Answer(schemas, method) },
                ["default"] = new OpenApiResponse { Description = "An error; `ErrorInfo` has the reason.", Content = Content("application/json", schemas.Error()) },
            },
        };
        if (rule.Body != "*")
        {
            foreach (var (name, field) in QueryFields(method.InputType, "", "", inPath, rule.Body, 0))
            {
                operation.Parameters.Add(Parameter(schemas, field, name, ParameterLocation.Query));
            }
        }
        var shown = ShownPath(path);
        if (!document.Paths.TryGetValue(shown, out var item))
        {
            document.Paths[shown] = item = new OpenApiPathItem { Operations = [] };
        }
        item.Operations!.Add(verb, operation);
    }

    private static OpenApiParameter Parameter(ContractSchemas schemas, FieldDescriptor field, string name, ParameterLocation place)
    {
        var schema = schemas.Of(field);
        return new OpenApiParameter { Name = name, In = place, Required = place == ParameterLocation.Path, Description = schema.Description, Schema = schema };
    }

    private static OpenApiRequestBody? Body(ContractSchemas schemas, MessageDescriptor input, string body, HashSet<string> inPath) => body switch
    {
        "" => null,
        "*" => new OpenApiRequestBody { Required = true, Content = Content("application/json", schemas.Of(input, inPath)) },
        _ => new OpenApiRequestBody { Required = true, Content = Content("application/json", schemas.Of(input.FindFieldByName(body))) },
    };

    private static Dictionary<string, IOpenApiMediaType> Answer(ContractSchemas schemas, MethodDescriptor method)
    {
        if (method.OutputType == HttpBody.Descriptor)
        {
            return Content("text/plain", new OpenApiSchema { Type = JsonSchemaType.String });
        }
        var schema = schemas.Of(method.OutputType);
        // A stream: one message a line, or one an event.
        return !method.IsServerStreaming ? Content("application/json", schema) : new()
        {
            ["application/x-ndjson"] = new OpenApiMediaType { Schema = schema },
            ["text/event-stream"] = new OpenApiMediaType { Schema = schema },
        };
    }

    private static Dictionary<string, IOpenApiMediaType> Content(string type, IOpenApiSchema schema) => new() { [type] = new OpenApiMediaType { Schema = schema } };

    private static IEnumerable<(string Name, FieldDescriptor Field)> QueryFields(MessageDescriptor message, string path, string jsonPath, HashSet<string> inPath, string body, int depth)
    {
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            var (here, json) = (path + field.Name, jsonPath + field.JsonName);
            if (inPath.Contains(here) || here == body || field.IsMap)
            {
                continue;
            }
            if (field.FieldType != FieldType.Message || IsText(field.MessageType))
            {
                yield return (json, field);
            }
            else if (!field.IsRepeated && depth < Deepest)
            {
                foreach (var inner in QueryFields(field.MessageType, here + ".", json + ".", inPath, body, depth + 1))
                {
                    yield return inner;
                }
            }
        }
    }

    /// <summary>Whether a message is a text in JSON, and so can be a parameter.</summary>
    private static bool IsText(MessageDescriptor message) => message.FullName is "google.protobuf.Timestamp" or "google.protobuf.Duration" or "google.protobuf.FieldMask";

    private static FieldDescriptor FieldAt(MessageDescriptor message, string path)
    {
        var names = path.Split('.');
        return names.SkipLast(1).Aggregate(message, (m, name) => m.FindFieldByName(name).MessageType).FindFieldByName(names[^1]);
    }

    [GeneratedRegex(@"\{([a-z_.]+)\}")]
    private static partial Regex Variable();
}
