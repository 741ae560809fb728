using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>Checks, ejection and slow start.</summary>
internal sealed partial class FleetConfiguration
{
    private static readonly string[] CheckKinds = ["http", "tcp", "grpc", "none"];

    private CheckDefinition? Check(IConfigurationSection parent)
    {
        if (!Has(parent, "Check"))
        {
            return null;
        }
        var section = parent.GetSection("Check");
        Known(section, ["Kind", "Path", "ExpectedStatus", "BodyText", "Interval", "Timeout", "Rise", "Fall"]);
        if (!CheckKinds.Contains(section["Kind"], StringComparer.OrdinalIgnoreCase))
        {
            _faults.Add(new FleetFault($"{section.Path}:Kind", $"'{section["Kind"]}' is not a kind of check; there are {string.Join(", ", CheckKinds)}"));
            return null;
        }
        var normal = new CheckDefinition(Enum.Parse<CheckKind>(section["Kind"]!, ignoreCase: true));
        return normal with
        {
            Path = section["Path"] is { Length: > 0 } path ? path : null,
            ExpectedStatus = Whole<int>(section, "ExpectedStatus") ?? normal.ExpectedStatus,
            BodyText = section["BodyText"] is { Length: > 0 } text ? text : null,
            Interval = Duration(section, "Interval") ?? normal.Interval,
            Timeout = Duration(section, "Timeout") ?? normal.Timeout,
            Rise = Whole<int>(section, "Rise") ?? normal.Rise,
            Fall = Whole<int>(section, "Fall") ?? normal.Fall,
        };
    }

    private EjectionDefinition? Ejection(IConfigurationSection parent)
    {
        if (!Has(parent, "Ejection"))
        {
            return null;
        }
        var section = parent.GetSection("Ejection");
        Known(section, ["Interval", "ConsecutiveFailures", "Enforce", "SuccessRate", "FailurePercentage", "BaseTime", "LongestTime", "MostEjected"]);
        var normal = new EjectionDefinition();
        return normal with
        {
            Interval = Duration(section, "Interval") ?? normal.Interval,
            ConsecutiveFailures = Whole<int>(section, "ConsecutiveFailures") ?? normal.ConsecutiveFailures,
            Enforce = Whole<int>(section, "Enforce") ?? normal.Enforce,
            SuccessRate = Outlier(section.GetSection("SuccessRate"), normal.SuccessRate),
            FailurePercentage = Outlier(section.GetSection("FailurePercentage"), normal.FailurePercentage),
            BaseTime = Duration(section, "BaseTime") ?? normal.BaseTime,
            LongestTime = Duration(section, "LongestTime") ?? normal.LongestTime,
            MostEjected = Number(section, "MostEjected") ?? normal.MostEjected,
        };
    }

    private OutlierDefinition Outlier(IConfigurationSection section, OutlierDefinition normal)
    {
        Known(section, ["Threshold", "Requests", "Members", "Enforce"]);
        return new OutlierDefinition(
            Number(section, "Threshold") ?? normal.Threshold,
            Whole<int>(section, "Requests") ?? normal.Requests,
            Whole<int>(section, "Members") ?? normal.Members,
            Whole<int>(section, "Enforce") ?? normal.Enforce);
    }

    private SlowStartDefinition? SlowStart(IConfigurationSection parent)
    {
        if (!Has(parent, "SlowStart"))
        {
            return null;
        }
        var section = parent.GetSection("SlowStart");
        Known(section, ["Window", "Aggression", "Smallest"]);
        if (section["Window"] is null)
        {
            _faults.Add(new FleetFault($"{section.Path}:Window", "is missing"));
            return null;
        }
        var normal = new SlowStartDefinition(Duration(section, "Window") ?? TimeSpan.FromSeconds(60));
        return normal with
        {
            Aggression = Number(section, "Aggression") ?? normal.Aggression,
            Smallest = Number(section, "Smallest") ?? normal.Smallest,
        };
    }

    /// <summary>Whether a key is there, be it empty: `"Ejection": {}` asks for the defaults.</summary>
    private static bool Has(IConfigurationSection section, string key) =>
        section.GetChildren().Any(c => c.Key.Equals(key, StringComparison.OrdinalIgnoreCase));
}
