using System.Text.RegularExpressions;

namespace Athena.Hosting;

/// <summary>What the framework's binder says of a value that it cannot read, in words for whoever wrote it: the key, the value, and what may stand there.</summary>
/// <remarks>The binder has no other form than its texts; one that is not known passes as it is.</remarks>
internal static partial class BinderFault
{
    /// <summary>Whether the binder raised it.</summary>
    public static bool Is(Exception fault) => fault is InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" };

    /// <summary>The fault in words.</summary>
    public static string Of(Exception fault)
    {
        for (var e = fault; e is not null; e = e.InnerException)
        {
            if (NotConverted().Match(e.Message) is { Success: true } value)
            {
                return $"{value.Groups["key"].Value}: '{value.Groups["value"].Value}' is not {Wanted(value.Groups["type"].Value)}";
            }
        }
        return fault.InnerException is { } inner && !fault.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{fault.Message} {inner.Message}" : fault.Message;
    }

    private static string Wanted(string type) => type switch
    {
        "System.TimeSpan" => "a time; write hh:mm:ss or d.hh:mm:ss",
        "System.Boolean" => "true or false",
        "System.Int32" or "System.Int64" or "System.UInt32" => "a whole number",
        "System.Double" => "a number",
        _ when Array.Find(AppDomain.CurrentDomain.GetAssemblies(), a => a.GetType(type) is { IsEnum: true }) is { } assembly => string.Join(" or ", Enum.GetNames(assembly.GetType(type)!)).ToLowerInvariant(),
        _ => type,
    };

    [GeneratedRegex("Failed to convert configuration value '(?<value>.*)' at '(?<key>[^']+)' to type '(?<type>[^']+)'")]
    private static partial Regex NotConverted();
}
