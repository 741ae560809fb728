namespace Athena.Engine.Farms;

/// <summary>What checks, ejection and slow start may be set to.</summary>
internal static class HealthRules
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>A check. The address may be null where members' addresses differ.</summary>
    public static void Check(CheckDefinition? check, string path, string? address, List<FleetFault> faults)
    {
        if (check is null or { Kind: CheckKind.None })
        {
            return;
        }
        Time(check.Interval, TimeSpan.FromMilliseconds(100), Hour, $"{path}:Interval", faults);
        Time(check.Timeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10), $"{path}:Timeout", faults);
        Whole(check.Rise, 1, 100, $"{path}:Rise", faults);
        Whole(check.Fall, 1, 100, $"{path}:Fall", faults);
        if (check.ExpectedStatus != 0)
        {
            Whole(check.ExpectedStatus, 100, 599, $"{path}:ExpectedStatus", faults);
        }
        if (check is { Kind: CheckKind.Http, Path: { } asked } && (!asked.StartsWith('/') || asked.Length > 2048 || asked.Any(c => c is <= ' ' or > '~')))
        {
            faults.Add(new FleetFault($"{path}:Path", $"'{asked}' is not a path; it begins with '/' and has at most 2,048 printable ASCII characters"));
        }
        if (check is { Kind: CheckKind.Grpc, Path.Length: > 512 })
        {
            faults.Add(new FleetFault($"{path}:Path", "the name of a health service has at most 512 characters"));
        }
        if (check.BodyText is { Length: > 1024 })
        {
            faults.Add(new FleetFault($"{path}:BodyText", "must have at most 1,024 characters"));
        }
        if (check.Kind != CheckKind.Http)
        {
            Unused(check.ExpectedStatus != 0, $"{path}:ExpectedStatus", faults);
            Unused(check.BodyText is not null, $"{path}:BodyText", faults);
            Unused(check is { Kind: CheckKind.Tcp, Path: not null }, $"{path}:Path", faults);
        }
        if (address is not null && Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Port <= 0)
        {
            faults.Add(new FleetFault(path, $"the address '{address}' has no port to check"));
        }
    }

    public static void Ejection(EjectionDefinition? ejection, string path, List<FleetFault> faults)
    {
        if (ejection is null)
        {
            return;
        }
        Time(ejection.Interval, TimeSpan.FromMilliseconds(100), Hour, $"{path}:Interval", faults);
        Time(ejection.BaseTime, TimeSpan.FromMilliseconds(100), Hour, $"{path}:BaseTime", faults);
        Time(ejection.LongestTime, ejection.BaseTime, TimeSpan.FromDays(1), $"{path}:LongestTime", faults);
        Whole(ejection.ConsecutiveFailures, 0, 1_000_000, $"{path}:ConsecutiveFailures", faults);
        Whole(ejection.Enforce, 0, 100, $"{path}:Enforce", faults);
        Number(ejection.MostEjected, 0, 1, $"{path}:MostEjected", faults);
        Outlier(ejection.SuccessRate, 10, $"{path}:SuccessRate", faults);
        Outlier(ejection.FailurePercentage, 100, $"{path}:FailurePercentage", faults);
    }

    public static void SlowStart(SlowStartDefinition? slow, string path, List<FleetFault> faults)
    {
        if (slow is null)
        {
            return;
        }
        Time(slow.Window, TimeSpan.FromSeconds(1), Hour, $"{path}:Window", faults);
        Number(slow.Aggression, 0.1, 10, $"{path}:Aggression", faults);
        Number(slow.Smallest, 0.01, 1, $"{path}:Smallest", faults);
    }

    private static void Outlier(OutlierDefinition outlier, double largest, string path, List<FleetFault> faults)
    {
        Number(outlier.Threshold, 0, largest, $"{path}:Threshold", faults);
        Whole(outlier.Requests, 1, 1_000_000, $"{path}:Requests", faults);
        Whole(outlier.Members, 1, 1_000_000, $"{path}:Members", faults);
        Whole(outlier.Enforce, 0, 100, $"{path}:Enforce", faults);
    }

    private static void Time(TimeSpan value, TimeSpan min, TimeSpan max, string path, List<FleetFault> faults)
    {
        if (value < min || value > max)
        {
            faults.Add(new FleetFault(path, FormattableString.Invariant($"must be from {min} to {max}")));
        }
    }

    private static void Whole(int value, int min, int max, string path, List<FleetFault> faults)
    {
        if (value < min || value > max)
        {
            faults.Add(new FleetFault(path, FormattableString.Invariant($"must be from {min} to {max}")));
        }
    }

    private static void Number(double value, double min, double max, string path, List<FleetFault> faults)
    {
        if (!(value >= min && value <= max))
        {
            faults.Add(new FleetFault(path, FormattableString.Invariant($"must be from {min} to {max}")));
        }
    }

    private static void Unused(bool given, string path, List<FleetFault> faults)
    {
        if (given)
        {
            faults.Add(new FleetFault(path, "has no meaning for this kind of check"));
        }
    }
}
