using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace Athena.Cli.Output;

/// <summary>Messages as proto JSON, the same that the service's HTTP face answers.</summary>
internal static class Json
{
    /// <summary>An answer, over several lines.</summary>
    public static string Of(IMessage message) => new JsonFormatter(JsonFormatter.Settings.Default.WithIndentation()).Format(message);

    /// <summary>One message of a stream, on one line.</summary>
    public static string Line(IMessage message) => JsonFormatter.Default.Format(message);

    /// <summary>An error with its details.</summary>
    public static string Of(Status error) => new JsonFormatter(JsonFormatter.Settings.Default.WithTypeRegistry(
        TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor, ResourceInfo.Descriptor, RetryInfo.Descriptor, QuotaFailure.Descriptor))).Format(error);
}
