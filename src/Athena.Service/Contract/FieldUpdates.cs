using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Contract;

/// <summary>Carries the fields that a mask names from one message to another (AIP-134).</summary>
/// <remarks>Not FieldMask.Merge: that one writes the default of an optional field that is not given, where it should clear it.</remarks>
internal sealed class FieldUpdates(IReadOnlySet<string> outputOnly)
{
    /// <summary>The fields that a mask stands for: of `*`, all that can be set; of none, all that are given. Faults are collected.</summary>
    public IReadOnlyList<string> Paths(IMessage given, FieldMask? mask, ref RequestChecks checks)
    {
        var settable = given.Descriptor.Fields.InDeclarationOrder().Where(f => !outputOnly.Contains(f.Name)).ToArray();
        if (mask is null || mask.Paths.Count == 0)
        {
            return [.. settable.Where(f => IsGiven(given, f)).Select(f => f.Name)];
        }
        if (mask.Paths.Contains("*"))
        {
            if (mask.Paths.Count > 1)
            {
                checks.Fault("update_mask", "'*' stands alone");
            }
            return [.. settable.Select(f => f.Name)];
        }
        foreach (var path in mask.Paths)
        {
            if (outputOnly.Contains(path.Split('.')[0]))
            {
                checks.Fault("update_mask", $"'{path}' cannot be set");
            }
            else if (!IsPath(given.Descriptor, path.Split('.')))
            {
                checks.Fault("update_mask", $"'{path}' is not a field");
            }
        }
        return mask.Paths;
    }

    /// <summary>Carries fields over; one that is not given is cleared.</summary>
    public static void Carry(IMessage from, IMessage to, IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            Carry(from, to, path.Split('.'));
        }
    }

    private static void Carry(IMessage? from, IMessage to, ReadOnlySpan<string> path)
    {
        var field = to.Descriptor.FindFieldByName(path[0]);
        var accessor = field.Accessor;
        if (path.Length > 1)
        {
            if (accessor.GetValue(to) is not IMessage inner)
            {
                accessor.SetValue(to, inner = field.MessageType.Parser.ParseFrom(ByteString.Empty));
            }
            Carry(from is null ? null : (IMessage?)accessor.GetValue(from), inner, path[1..]);
            return;
        }
        accessor.Clear(to);
        if (from is null || !IsGiven(from, field))
        {
            return;
        }
        var value = accessor.GetValue(from);
        if (field.IsMap)
        {
            foreach (DictionaryEntry entry in (IDictionary)value)
            {
                ((IDictionary)accessor.GetValue(to)).Add(entry.Key, entry.Value);
            }
        }
        else if (field.IsRepeated)
        {
            foreach (var item in (IList)value)
            {
                ((IList)accessor.GetValue(to)).Add(item);
            }
        }
        else
        {
            accessor.SetValue(to, value);
        }
    }

    private static bool IsGiven(IMessage message, FieldDescriptor field) =>
        field.IsRepeated ? ((ICollection)field.Accessor.GetValue(message)).Count > 0
        : field.HasPresence ? field.Accessor.HasValue(message)
        : field.Accessor.GetValue(message) is { } value && !value.Equals(value is string ? "" : Activator.CreateInstance(value.GetType()));

    private static bool IsPath(MessageDescriptor message, ReadOnlySpan<string> path) =>
        message.FindFieldByName(path[0]) is { } field
        && (path.Length == 1 || (field is { FieldType: FieldType.Message, IsRepeated: false } && IsPath(field.MessageType, path[1..])));
}
