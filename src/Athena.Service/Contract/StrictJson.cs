using System.Text;
using System.Text.Json;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;

namespace Athena.Service.Contract;

/// <summary>Refuses what transcoding would take without a word: unknown and repeated fields, numbers out of range, unknown query parameters.</summary>
internal sealed class StrictJson(RequestDelegate next)
{
    /// <summary>Largest JSON body, in bytes.</summary>
    public const int MaxBody = 1 << 20;

    private static readonly JsonDocumentOptions OneOfEach = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(false));

    public Task InvokeAsync(HttpContext context) =>
        !GrpcCall.Is(context.Request) && context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } method
            ? CheckAsync(context, method)
            : next(context);

    private async Task CheckAsync(HttpContext context, GrpcJsonTranscodingMetadata method)
    {
        var fault = CheckQuery(context.Request, method.MethodDescriptor.InputType, method.HttpRule)
            ?? (method.HttpRule.Body.Length > 0 ? await CheckBodyAsync(context, method) : null);
        if (fault is not null)
        {
            await HttpErrors.WriteAsync(context, fault);
            return;
        }
        await next(context);
    }

    private static Google.Rpc.Status? CheckQuery(HttpRequest request, MessageDescriptor type, HttpRule rule)
    {
        if (!request.QueryString.HasValue)
        {
            return null;
        }
        foreach (var (key, values) in request.Query)
        {
            var field = rule.Body == "*" ? null : FindField(type, key);
            if (field is null)
            {
                return ApiErrors.Malformed("no such parameter", key);
            }
            if (values.Count > 1 && !field.IsRepeated)
            {
                return ApiErrors.Malformed("given more than once", key);
            }
            if (values.Any(v => string.IsNullOrEmpty(v)) && field.FieldType != FieldType.String)
            {
                return ApiErrors.Malformed("has no value", key);
            }
        }
        return null;
    }

    private static FieldDescriptor? FindField(MessageDescriptor type, string path)
    {
        FieldDescriptor? field = null;
        foreach (var part in path.Split('.'))
        {
            if (field is not null)
            {
                if (field.FieldType != FieldType.Message || field.IsRepeated)
                {
                    return null;
                }
                type = field.MessageType;
            }
            field = type.FindFieldByName(part) ?? type.Fields.InDeclarationOrder().FirstOrDefault(f => f.JsonName == part);
            if (field is null)
            {
                return null;
            }
        }
        return field;
    }

    private static async Task<Google.Rpc.Status?> CheckBodyAsync(HttpContext context, GrpcJsonTranscodingMetadata method)
    {
        var request = context.Request;
        if (!request.HasJsonContentType())
        {
            return ApiErrors.Malformed($"the content type must be application/json, not '{request.ContentType}'");
        }
        if (request.ContentLength > MaxBody)
        {
            return ApiErrors.Malformed($"the body is larger than {MaxBody} bytes");
        }
        var body = new MemoryStream();
        var buffer = new byte[4096];
        for (int read; (read = await request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            if (body.Length + read > MaxBody)
            {
                return ApiErrors.Malformed($"the body is larger than {MaxBody} bytes");
            }
            body.Write(buffer, 0, read);
        }
        body.Position = 0;
        request.Body = body;
        return Check(body, method);
    }

    private static Google.Rpc.Status? Check(MemoryStream body, GrpcJsonTranscodingMetadata method)
    {
        var type = method.MethodDescriptor.InputType;
        if (method.HttpRule.Body != "*")
        {
            type = type.FindFieldByName(method.HttpRule.Body).MessageType;
        }
        try
        {
            using (JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length), OneOfEach))
            {
                Parser.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body.GetBuffer(), 0, (int)body.Length), type);
                return null;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidProtocolBufferException or Google.Protobuf.InvalidJsonException or DecoderFallbackException or InvalidOperationException or FormatException or OverflowException)
        {
            return ApiErrors.Malformed($"the body is not the JSON of a {type.Name}: {e.Message}");
        }
    }
}
