using Athena.V1;
using Google.Protobuf.Reflection;

namespace Athena.Service.Contract.OpenApi;

/// <summary>The comments of the contract, by full name; descriptors at run time have none, so the build leaves them beside the messages.</summary>
internal sealed class ContractComments
{
    /// <summary>Name of the resource: a FileDescriptorSet with source information.</summary>
    private const string Resource = "athena.descriptors";

    // Numbers of fields in google/protobuf/descriptor.proto, of which paths of source information are made.
    private const int FileMessages = 4;
    private const int FileEnums = 5;
    private const int FileServices = 6;
    private const int MessageFields = 2;
    private const int MessageMessages = 3;
    private const int MessageEnums = 4;
    private const int MessageOneofs = 8;
    private const int EnumValues = 2;
    private const int ServiceMethods = 2;

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public ContractComments()
    {
        using var stream = typeof(BalanceRequest).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"Athena.Protocol was built without {Resource}");
        foreach (var file in FileDescriptorSet.Parser.ParseFrom(stream).File)
        {
            foreach (var location in file.SourceCodeInfo.Location)
            {
                if (location.LeadingComments.Length > 0 && NameOf(file, [.. location.Path]) is { } name)
                {
                    _texts[name] = string.Join('\n', location.LeadingComments.Trim().Split('\n').Select(l => l.Trim()));
                }
            }
        }
    }

    /// <summary>The comment of an element; empty: none.</summary>
    public string Of(string fullName) => _texts.GetValueOrDefault(fullName, "");

    /// <summary>The full name of the element at a path; null: one that documents do not show.</summary>
    private static string? NameOf(FileDescriptorProto file, int[] path) => path switch
    {
        [FileMessages, var message, .. var rest] => InMessage(file.MessageType[message], $"{file.Package}.{file.MessageType[message].Name}", rest),
        [FileEnums, var kind, .. var rest] => InEnum(file.EnumType[kind], $"{file.Package}.{file.EnumType[kind].Name}", rest),
        [FileServices, var service] => $"{file.Package}.{file.Service[service].Name}",
        [FileServices, var service, ServiceMethods, var method] => $"{file.Package}.{file.Service[service].Name}.{file.Service[service].Method[method].Name}",
        _ => null,
    };

    private static string? InMessage(DescriptorProto message, string name, int[] path) => path switch
    {
        [] => name,
        [MessageFields, var field] => $"{name}.{message.Field[field].Name}",
        [MessageOneofs, var oneof] => $"{name}.{message.OneofDecl[oneof].Name}",
        [MessageMessages, var nested, .. var rest] => InMessage(message.NestedType[nested], $"{name}.{message.NestedType[nested].Name}", rest),
        [MessageEnums, var kind, .. var rest] => InEnum(message.EnumType[kind], $"{name}.{message.EnumType[kind].Name}", rest),
        _ => null,
    };

    private static string? InEnum(EnumDescriptorProto kind, string name, int[] path) => path switch
    {
        [] => name,
        // Of its type, not of its scope: two types may have values of one name.
        [EnumValues, var value] => $"{name}.{kind.Value[value].Name}",
        _ => null,
    };
}
