using Athena.Engine.Farms;

namespace Athena.Engine;

/// <summary>What one question rules out among the members that are available: exclusions, labels, limits.</summary>
internal static class Eligibility
{
    /// <summary>Whether this question may choose this member, by states, exclusions, labels and limits.</summary>
    public static bool Of(Member member, in BalanceQuery query) => member.HasRoom && IsWanted(member, query);

    /// <summary>Whether the caller would have this member: not excluded, with the labels.</summary>
    public static bool IsWanted(Member member, in BalanceQuery query) =>
        !IsExcluded(member, query) && (query.Labels is not { Count: > 0 } labels || HasLabels(member.Server, labels));

    /// <summary>The same for many members: names are compared where hashes are equal.</summary>
    /// <param name="hashes">Of <see cref="BalanceQuery.Exclude"/>, by <see cref="Hash"/>.</param>
    public static bool Of(Member member, in BalanceQuery query, ReadOnlySpan<int> hashes)
    {
        return member.HasRoom && !(hashes.Contains(member.NameHash) && IsExcluded(member, query))
            && (query.Labels is not { Count: > 0 } labels || HasLabels(member.Server, labels));
    }

    /// <summary>Hashes the names that the query excludes.</summary>
    public static void Hash(in BalanceQuery query, Span<int> hashes)
    {
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i] = EntityName.Comparer.GetHashCode(query.Exclude![i]);
        }
    }

    private static bool IsExcluded(Member member, in BalanceQuery query)
    {
        if (query.Exclude is { } excluded)
        {
            for (var i = 0; i < excluded.Count; i++)
            {
                // The member's own line first: the way to its name is long.
                if (EntityName.Comparer.GetHashCode(excluded[i]) == member.NameHash && EntityName.Comparer.Equals(excluded[i], member.Server.Name))
                {
                    return true;
                }
            }
        }
        return false;
    }

    private static bool HasLabels(Server server, IReadOnlyDictionary<string, string> labels)
    {
        // By its type where it can be: the enumerator of the interface would be allocated.
        if (labels is Dictionary<string, string> dictionary)
        {
            foreach (var (key, value) in dictionary)
            {
                if (!HasLabel(server, key, value))
                {
                    return false;
                }
            }
            return true;
        }
        foreach (var (key, value) in labels)
        {
            if (!HasLabel(server, key, value))
            {
                return false;
            }
        }
        return true;
    }

    private static bool HasLabel(Server server, string key, string value) =>
        server.Definition.Labels.TryGetValue(key, out var actual) && actual == value;
}
