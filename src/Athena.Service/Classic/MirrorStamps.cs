using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Classic;

/// <summary>When each thing that operators set was set last, as far as the service remembers: by the listed changes, and by the notes of what is not normal.</summary>
internal sealed class MirrorStamps
{
    private readonly Dictionary<(string? Farm, string? Server, MirrorAspect), OperatorChange> _latest = new(new SubjectComparer());
    private readonly FleetStates _states;

    private MirrorStamps(FleetStates states) => _states = states;

    /// <summary>Of all subjects, now.</summary>
    public static MirrorStamps Of(OperatorLog operators, FleetStates states)
    {
        var stamps = new MirrorStamps(states);
        foreach (var change in operators.Latest())
        {
            foreach (var aspect in Changed(change))
            {
                stamps._latest.TryAdd((change.Change.Farm, change.Change.Server, aspect), change);
            }
        }
        return stamps;
    }

    /// <summary>What is set of a subject; null: nothing ever was, as far as is remembered.</summary>
    public MirrorSetting? SettingOf((string? Farm, string? Server) subject, MirrorAspect aspect)
    {
        var state = _states.Of(subject.Farm, subject.Server);
        var change = _latest.GetValueOrDefault((subject.Farm, subject.Server, aspect));
        var setting = MirrorSetting.Of(aspect, state, subject.Farm is null, change?.Time ?? DateTimeOffset.MinValue, change?.Revision ?? 0, change?.Change.Actor ?? "", change?.Change.Reason ?? "");
        return setting.At == DateTimeOffset.MinValue ? null : setting;
    }

    private static IEnumerable<MirrorAspect> Changed(OperatorChange change)
    {
        var (before, after) = (change.Before, change.After);
        if (before.Admin != after.Admin)
        {
            yield return MirrorAspect.State;
        }
        if ((before.Health, before.HealthNote) != (after.Health, after.HealthNote))
        {
            yield return MirrorAspect.Health;
        }
        if (before.ServerForward != after.ServerForward || before.FarmForwards != after.FarmForwards)
        {
            yield return MirrorAspect.Forward;
        }
    }

    private sealed class SubjectComparer : IEqualityComparer<(string? Farm, string? Server, MirrorAspect Aspect)>
    {
        public bool Equals((string? Farm, string? Server, MirrorAspect Aspect) x, (string? Farm, string? Server, MirrorAspect Aspect) y) =>
            x.Aspect == y.Aspect && EntityName.Comparer.Equals(x.Farm, y.Farm) && EntityName.Comparer.Equals(x.Server, y.Server);

        public int GetHashCode((string? Farm, string? Server, MirrorAspect Aspect) key) =>
            HashCode.Combine(key.Aspect, EntityName.Comparer.GetHashCode(key.Farm ?? ""), EntityName.Comparer.GetHashCode(key.Server ?? ""));
    }
}
