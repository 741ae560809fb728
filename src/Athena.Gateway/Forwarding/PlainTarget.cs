using System.Buffers;

namespace Athena.Gateway.Forwarding;

/// <summary>Request targets that pass as they came, for no reader takes them for anything else.</summary>
internal static class PlainTarget
{
    private static readonly SearchValues<char> OfPath = SearchValues.Create("-._~!$&'()*+,;=:@/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly SearchValues<char> OfQuery = SearchValues.Create("%?[]-._~!$&'()*+,;=:@/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Whether nothing of a target's path is escaped or leads up, and nothing of its query has to be escaped.</summary>
    public static bool Is(ReadOnlySpan<char> target)
    {
        var query = target.IndexOf('?');
        return query < 0 ? IsPath(target) : IsPath(target[..query]) && !target[(query + 1)..].ContainsAnyExcept(OfQuery);
    }

    /// <summary>Whether it is such a path.</summary>
    public static bool IsPath(ReadOnlySpan<char> path) => path is ['/', ..] && !path.ContainsAnyExcept(OfPath) && !path.Contains("/.", StringComparison.Ordinal);
}
