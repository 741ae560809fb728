using System.Collections.Concurrent;

namespace Athena.Engine.Statistics;

/// <summary>The rule for names of statistics, and the spelling first seen of each: kept once, shared by all servers.</summary>
/// <remarks>Names are compared with case, as in ORCA. The number of different names is bounded, for callers choose them.</remarks>
public sealed class StatisticNames
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>Most different names over all servers.</summary>
    public const int MaxNames = 4096;

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Whether the text is a name: 1 to 64 of letters, digits, '.', '_'.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > MaxLength)
        {
            return false;
        }
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_'))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether any server reported it, or any policy asks for it.</summary>
    public bool IsKnown(string name) => _names.ContainsKey(name);

    /// <summary>The one string of this name, or null when no further name is taken.</summary>
    internal string? Intern(string name)
    {
        if (_names.TryGetValue(name, out var known))
        {
            return known;
        }
        // Threads that race may exceed the bound by their number; it guards memory, not a promise.
        return _names.Count >= MaxNames ? null : _names.GetOrAdd(name, name);
    }
}
