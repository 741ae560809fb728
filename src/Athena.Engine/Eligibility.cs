using Athena.Engine.Farms;

namespace Athena.Engine;

/// <summary>What one question rules out among the members that are available: exclusions, labels, limits.</summary>
internal static class Eligibility
{
    /// <summary>Whether this question may choose this member, by states, exclusions, labels and limits.</summary>
    public static bool Of(Member member, in BalanceQuery query) => member.Server.HasRoom && IsWanted(member.Server, query);

    /// <summary>Whether the caller would have this server: not excluded, with the labels.</summary>
    public static bool IsWanted(Server server, in BalanceQuery query)
    {
        if (query.Exclude is { } excluded)
        {
            for (var i = 0; i < excluded.Count; i++)
            {
                if (EntityName.Comparer.Equals(excluded[i], server.Name))
                {
                    return false;
                }
            }
        }
        return query.Labels is not { Count: > 0 } labels || HasLabels(server, labels);
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
