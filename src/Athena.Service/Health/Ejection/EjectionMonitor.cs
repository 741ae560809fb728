using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Health.Ejection;

/// <summary>Takes members out for a while whose reported outcomes are bad, in farms that ask for it.</summary>
/// <remarks>
/// Each farm judges by the outcomes of its own decisions, by its own limits, and ejects in itself alone: docs/adr/0025. Never more than the farm's
/// share, of which one member always is part, and never the last that is available. Time is monotonic.
/// </remarks>
internal sealed partial class EjectionMonitor(FleetWriter writer, HealthMetrics metrics, TimeProvider time, ILogger<EjectionMonitor> logger) : PeriodicLook(Interval, time, logger)
{
    /// <summary>How often outcomes are looked at: the longest that an ejection begins or ends late.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, FarmOutcomes> _farms = new(EntityName.Comparer);

    /// <summary>Looks at every farm once.</summary>
    internal override async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var farm in writer.Current.Farms)
        {
            if (farm.Definition.Ejection is { } limits)
            {
                await LookAtAsync(farm.Name, limits, cancellation);
            }
            else
            {
                _farms.Remove(farm.Name);
            }
        }
        foreach (var (key, _) in writer.States.Ejections)
        {
            if (!_farms.TryGetValue(key.Farm, out var outcomes) || outcomes.Of(key.Server) is not { EndsAt: > 0 })
            {
                await ReturnAsync(key, "members of this farm are no longer ejected", cancellation);
            }
        }
    }

    private async Task LookAtAsync(string name, EjectionDefinition limits, CancellationToken cancellation)
    {
        var now = Time.GetTimestamp();
        if (!_farms.TryGetValue(name, out var outcomes))
        {
            _farms[name] = outcomes = new FarmOutcomes { IntervalEndsAt = now + Ticks(limits.Interval) };
        }
        if (Find(name) is not { } farm)
        {
            return;
        }
        outcomes.Follow(farm);
        foreach (var member in farm.Members.Where(m => m.Ejection is not null && outcomes.Of(m.Declared.Name)!.EndsAt is > 0 and var end && end <= now))
        {
            // What it did before, and what came back late meanwhile, is not held against it.
            outcomes.Of(member.Declared.Name)!.Forgive();
            outcomes.Of(member.Declared.Name)!.BeginInterval();
            await ReturnAsync(new MemberKey(name, member.Declared.Name), "the ejection is over", cancellation);
        }
        foreach (var finding in outcomes.InARow(limits).ToArray())
        {
            await TakeAsync(name, limits, outcomes, finding, cancellation);
        }
        if (now < outcomes.IntervalEndsAt)
        {
            return;
        }
        foreach (var finding in outcomes.OverTheInterval(limits).ToArray())
        {
            await TakeAsync(name, limits, outcomes, finding, cancellation);
        }
        outcomes.BeginInterval(Find(name) ?? farm);
        outcomes.IntervalEndsAt = now + Ticks(limits.Interval);
    }

    private async Task TakeAsync(string name, EjectionDefinition limits, FarmOutcomes outcomes, Finding finding, CancellationToken cancellation)
    {
        if (Find(name) is not { } farm || farm.FindMember(finding.Server) is not { Ejection: null } member || outcomes.Of(finding.Server) is not { } of)
        {
            return;
        }
        of.Forgive();
        var enforced = Random.Shared.Next(100) < finding.Enforce && MayEject(farm, member, limits);
        metrics.Found(name, finding.Kind, enforced);
        if (!enforced)
        {
            return;
        }
        of.Multiplier++;
        var duration = Outliers.Duration(limits.BaseTime, limits.LongestTime, of.Multiplier);
        of.EndsAt = Time.GetTimestamp() + Ticks(duration);
        var change = new StateChange { Farm = name, Server = finding.Server, Ejected = true, Reason = finding.Reason, Until = Time.GetUtcNow() + duration };
        await writer.ChangeAsync(change, null, false, cancellation);
        LogEjected(finding.Server, name, duration, finding.Reason);
    }

    private async Task ReturnAsync(MemberKey key, string reason, CancellationToken cancellation)
    {
        if (await writer.ChangeAsync(new StateChange { Farm = key.Farm, Server = key.Server, Ejected = false, Reason = reason }, null, false, cancellation) is { Status: WriteStatus.Done })
        {
            LogReturned(key.Server, key.Farm, reason);
        }
    }

    private static bool MayEject(Farm farm, Member member, EjectionDefinition limits) =>
        farm.Members.Count(m => m.Ejection is not null) < Math.Max(1, (int)(limits.MostEjected * farm.Members.Count))
        && !(member.IsAvailable && farm.AvailableCount <= 1);

    private Farm? Find(string name) => writer.Current.FindFarm(name);

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Time.TimestampFrequency);

    [LoggerMessage(2301, LogLevel.Warning, "Server {Server} is ejected from farm {Farm} for {Duration}: {Reason}")]
    private partial void LogEjected(string server, string farm, TimeSpan duration, string reason);

    [LoggerMessage(2302, LogLevel.Information, "Server {Server} is in farm {Farm} again: {Reason}")]
    private partial void LogReturned(string server, string farm, string reason);
}
