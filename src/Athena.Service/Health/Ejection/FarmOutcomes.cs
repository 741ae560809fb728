using Athena.Engine.Farms;

namespace Athena.Service.Health.Ejection;

/// <summary>A member whose outcomes are bad.</summary>
/// <param name="Server">Its name.</param>
/// <param name="Kind">What found it, as the metric says it.</param>
/// <param name="Enforce">Percent of such findings that eject.</param>
/// <param name="Reason">In words.</param>
internal sealed record Finding(string Server, string Kind, int Enforce, string Reason);

/// <summary>The outcomes of one farm's members, and who among them is found bad.</summary>
internal sealed class FarmOutcomes
{
    private readonly Dictionary<string, MemberOutcomes> _members = new(EntityName.Comparer);

    /// <summary>Timestamp at which the interval ends.</summary>
    public long IntervalEndsAt { get; set; }

    /// <summary>The outcomes of a member; null: it is not followed.</summary>
    public MemberOutcomes? Of(string server) => _members.GetValueOrDefault(server);

    /// <summary>Follows the members that the farm has now.</summary>
    public void Follow(Farm farm)
    {
        foreach (var member in farm.Members)
        {
            if (!_members.TryGetValue(member.Declared.Name, out var outcomes) || !ReferenceEquals(outcomes.Cells, member.Declared.Cells))
            {
                _members[member.Declared.Name] = new MemberOutcomes(member.Declared.Cells, farm.Cells.OutcomesOf(member.Declared.Name));
            }
        }
        if (_members.Count > farm.Members.Count)
        {
            foreach (var gone in _members.Keys.Where(n => farm.FindMember(n) is null).ToArray())
            {
                _members.Remove(gone);
            }
        }
    }

    /// <summary>Members with too many failures in a row.</summary>
    public IEnumerable<Finding> InARow(EjectionDefinition limits) =>
        from member in _members
        let failures = member.Value.FailuresInARow
        where limits.ConsecutiveFailures > 0 && failures >= limits.ConsecutiveFailures
        select new Finding(member.Key, "consecutive_failures", limits.Enforce, FormattableString.Invariant($"{failures} failures in a row"));

    /// <summary>Members that are worse than the others, or than the limit, over the interval.</summary>
    public IEnumerable<Finding> OverTheInterval(EjectionDefinition limits)
    {
        var some = WithAtLeast(limits.SuccessRate.Requests);
        if (some.Length > 0 && some.Length >= limits.SuccessRate.Members)
        {
            var least = Outliers.SuccessRateLimit(Array.ConvertAll(some, m => m.Value.SuccessRate), limits.SuccessRate.Threshold);
            foreach (var (server, outcomes) in some.Where(m => m.Value.SuccessRate < least))
            {
                yield return new Finding(server, "success_rate", limits.SuccessRate.Enforce,
                    FormattableString.Invariant($"success rate {outcomes.SuccessRate:P1}; among these members at least {least:P1} is normal"));
            }
        }
        some = WithAtLeast(limits.FailurePercentage.Requests);
        if (some.Length >= limits.FailurePercentage.Members)
        {
            foreach (var (server, outcomes) in some.Where(m => Outliers.IsFailing(m.Value.Failures, m.Value.Total, limits.FailurePercentage.Threshold)))
            {
                yield return new Finding(server, "failure_percentage", limits.FailurePercentage.Enforce,
                    FormattableString.Invariant($"{outcomes.Failures} of {outcomes.Total} failed"));
            }
        }
    }

    /// <summary>Begins the next interval: a member that is not ejected was good for one.</summary>
    public void BeginInterval(Farm farm)
    {
        foreach (var member in farm.Members)
        {
            if (Of(member.Declared.Name) is { } outcomes)
            {
                outcomes.BeginInterval();
                outcomes.Multiplier -= member.Ejection is null && outcomes.Multiplier > 0 ? 1 : 0;
            }
        }
    }

    private KeyValuePair<string, MemberOutcomes>[] WithAtLeast(int requests) => [.. _members.Where(m => m.Value.Total >= requests)];
}
