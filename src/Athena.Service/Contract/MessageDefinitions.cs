using System.Collections.Immutable;
using Athena.Engine.Farms;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Contract;

/// <summary>Farms and servers of a caller as definitions. Faults of form are collected by field; what makes sense is the fleet validator's to say.</summary>
internal static class MessageDefinitions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    public static ServerDefinition ToDefinition(this V1.Server server, ref RequestChecks checks) => new(server.Name, server.Address)
    {
        Labels = server.Labels.ToImmutableSortedDictionary(),
        MaxInFlight = Whole(server.MaxInFlight, "server.max_in_flight", ref checks),
        ExpectUpdate = Span(server.ExpectUpdate, "server.expect_update", ref checks),
        Forward = Text(server.Forward),
        Check = server.Check.ToDefinition("server.check", ref checks),
    };

    public static FarmDefinition ToDefinition(this V1.Farm farm, ref RequestChecks checks)
    {
        var members = ImmutableArray.CreateBuilder<MemberDefinition>(farm.Members.Count);
        for (var i = 0; i < farm.Members.Count; i++)
        {
            var member = farm.Members[i];
            members.Add(new MemberDefinition(member.Server)
            {
                Weight = member.HasWeight ? member.Weight : 1,
                Tier = Whole(member.Tier, FormattableString.Invariant($"farm.members[{i}].tier"), ref checks),
            });
        }
        return new FarmDefinition(farm.Name)
        {
            Policy = farm.Policy.ToDefinition(ref checks),
            Members = members.MoveToImmutable(),
            ForwardOff = Text(farm.Forwards?.Off) is { } off ? new ForwardTarget(off) : null,
            ForwardDown = Text(farm.Forwards?.Down) is { } down ? new ForwardTarget(down) : null,
            PanicThreshold = farm.PanicThreshold,
            MaxInFlight = Whole(farm.MaxInFlight, "farm.max_in_flight", ref checks),
            ExpectUpdate = Span(farm.ExpectUpdate, "farm.expect_update", ref checks),
            SteerTo = [.. farm.SteerTo],
            Check = farm.Check.ToDefinition("farm.check", ref checks),
            Ejection = farm.Ejection.ToDefinition(ref checks),
            SlowStart = farm.SlowStart.ToDefinition(ref checks),
        };
    }

    /// <summary>A policy; what is wrong is told as of this field.</summary>
    public static PolicyDefinition ToDefinition(this Policy? policy, ref RequestChecks checks, string field = "farm.policy")
    {
        var parameters = PolicyDefinition.Default.Parameters;
        foreach (var (key, value) in policy?.Parameters is { } given ? DefinitionMessages.Flatten(given) : [])
        {
            if (value is null || parameters.ContainsKey(key))
            {
                checks.Fault($"{field}.parameters.{key}", value is null ? "must be a text, a number, true or false" : "is given twice");
                continue;
            }
            parameters = parameters.Add(key, value);
        }
        return PolicyDefinition.Default with { Name = Text(policy?.Name) ?? PolicyDefinition.Default.Name, Parameters = parameters };
    }

    private static CheckDefinition? ToDefinition(this HealthCheck? check, string path, ref RequestChecks checks)
    {
        if (check is null)
        {
            return null;
        }
        CheckKind? kind = check.Kind switch
        {
            HealthCheck.Types.Kind.Http => CheckKind.Http,
            HealthCheck.Types.Kind.Tcp => CheckKind.Tcp,
            HealthCheck.Types.Kind.Grpc => CheckKind.Grpc,
            HealthCheck.Types.Kind.None => CheckKind.None,
            _ => null,
        };
        if (kind is null)
        {
            checks.Fault($"{path}.kind", "is missing, or not a kind of check");
        }
        var normal = new CheckDefinition(kind ?? CheckKind.None);
        return normal with
        {
            Path = Text(check.Path),
            ExpectedStatus = Whole(check.ExpectedStatus, $"{path}.expected_status", ref checks),
            BodyText = Text(check.BodyText),
            Interval = Span(check.Interval, $"{path}.interval", ref checks) ?? normal.Interval,
            Timeout = Span(check.Timeout, $"{path}.timeout", ref checks) ?? normal.Timeout,
            Rise = check.Rise == 0 ? normal.Rise : Whole(check.Rise, $"{path}.rise", ref checks),
            Fall = check.Fall == 0 ? normal.Fall : Whole(check.Fall, $"{path}.fall", ref checks),
        };
    }

    private static EjectionDefinition? ToDefinition(this Ejection? ejection, ref RequestChecks checks)
    {
        if (ejection is null)
        {
            return null;
        }
        var normal = new EjectionDefinition();
        return normal with
        {
            Interval = Span(ejection.Interval, "farm.ejection.interval", ref checks) ?? normal.Interval,
            ConsecutiveFailures = ejection.HasConsecutiveFailures ? Whole(ejection.ConsecutiveFailures, "farm.ejection.consecutive_failures", ref checks) : normal.ConsecutiveFailures,
            Enforce = ejection.HasEnforce ? Whole(ejection.Enforce, "farm.ejection.enforce", ref checks) : normal.Enforce,
            SuccessRate = Outlier(ejection.SuccessRate, normal.SuccessRate, "farm.ejection.success_rate", ref checks),
            FailurePercentage = Outlier(ejection.FailurePercentage, normal.FailurePercentage, "farm.ejection.failure_percentage", ref checks),
            BaseTime = Span(ejection.BaseTime, "farm.ejection.base_time", ref checks) ?? normal.BaseTime,
            LongestTime = Span(ejection.LongestTime, "farm.ejection.longest_time", ref checks) ?? normal.LongestTime,
            MostEjected = ejection.HasMostEjected ? ejection.MostEjected : normal.MostEjected,
        };
    }

    private static OutlierDefinition Outlier(Outlier? given, OutlierDefinition normal, string path, ref RequestChecks checks) => given is null ? normal : new OutlierDefinition(
        given.HasThreshold ? given.Threshold : normal.Threshold,
        given.HasRequests ? Whole(given.Requests, $"{path}.requests", ref checks) : normal.Requests,
        given.HasMembers ? Whole(given.Members, $"{path}.members", ref checks) : normal.Members,
        given.HasEnforce ? Whole(given.Enforce, $"{path}.enforce", ref checks) : normal.Enforce);

    private static SlowStartDefinition? ToDefinition(this SlowStart? slow, ref RequestChecks checks)
    {
        if (slow is null)
        {
            return null;
        }
        if (slow.Window is null)
        {
            checks.Fault("farm.slow_start.window", "is missing");
        }
        var normal = new SlowStartDefinition(Span(slow.Window, "farm.slow_start.window", ref checks) ?? TimeSpan.FromSeconds(60));
        return normal with
        {
            Aggression = slow.Aggression == 0 ? normal.Aggression : slow.Aggression,
            Smallest = slow.Smallest == 0 ? normal.Smallest : slow.Smallest,
        };
    }

    private static int Whole(uint value, string path, ref RequestChecks checks)
    {
        if (value > int.MaxValue)
        {
            checks.Fault(path, $"must be from 0 to {int.MaxValue}");
            return 0;
        }
        return (int)value;
    }

    private static TimeSpan? Span(Duration? value, string path, ref RequestChecks checks) => checks.Span(path, value, TimeSpan.Zero, Longest);

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
