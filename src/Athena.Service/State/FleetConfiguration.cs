using System.Collections.Immutable;
using System.Globalization;
using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>Reads `Athena:Servers` and `Athena:Farms` of the configuration. Every fault is named by path; nothing is guessed.</summary>
internal sealed partial class FleetConfiguration(IConfiguration configuration, FleetValidator validator)
{
    private static readonly string[] OtherRooms = ["EnginePaths", "Store", "Leases", "Checks", "Steering", "Classic"];

    private readonly List<FleetFault> _faults = [];

    /// <summary>The definition that the configuration holds now, and what is wrong with it.</summary>
    public static (FleetDefinition Fleet, IReadOnlyList<FleetFault> Faults) Read(IConfiguration configuration, FleetValidator validator) =>
        new FleetConfiguration(configuration, validator).Read();

    private (FleetDefinition Fleet, IReadOnlyList<FleetFault> Faults) Read()
    {
        var root = configuration.GetSection("Athena");
        Known(root, ["Servers", "Farms", "ExpectUpdate", .. OtherRooms]);
        var fleet = new FleetDefinition(
            [.. root.GetSection("Servers").GetChildren().Select(Server)],
            [.. root.GetSection("Farms").GetChildren().Select(Farm)])
        {
            ExpectUpdate = Duration(root, "ExpectUpdate") ?? TimeSpan.Zero,
        };
        _faults.AddRange(validator.Validate(fleet).Select(f => f with { Path = $"Athena:{f.Path}" }));
        return (fleet, _faults);
    }

    private ServerDefinition Server(IConfigurationSection section)
    {
        Known(section, ["Address", "Labels", "MaxInFlight", "ExpectUpdate", "Forward", "Check"]);
        return new ServerDefinition(section.Key, section["Address"] ?? "")
        {
            Labels = section.GetSection("Labels").GetChildren().ToImmutableSortedDictionary(l => l.Key, l => l.Value ?? ""),
            MaxInFlight = Whole<int>(section, "MaxInFlight") ?? 0,
            ExpectUpdate = Duration(section, "ExpectUpdate"),
            Forward = section["Forward"] is { Length: > 0 } forward ? forward : null,
            Check = Check(section),
        };
    }

    private FarmDefinition Farm(IConfigurationSection section)
    {
        Known(section, ["Policy", "Members", "Forward", "PanicThreshold", "MaxInFlight", "ExpectUpdate", "SteerTo", "Check", "Ejection", "SlowStart"]);
        var forward = section.GetSection("Forward");
        Known(forward, ["Off", "Down"]);
        return new FarmDefinition(section.Key)
        {
            Policy = Policy(section.GetSection("Policy")),
            Members = [.. section.GetSection("Members").GetChildren().Select(Member)],
            ForwardOff = Target(forward["Off"]),
            ForwardDown = Target(forward["Down"]),
            PanicThreshold = Number(section, "PanicThreshold") ?? 0,
            MaxInFlight = Whole<int>(section, "MaxInFlight") ?? 0,
            ExpectUpdate = Duration(section, "ExpectUpdate"),
            Check = Check(section),
            Ejection = Ejection(section),
            SlowStart = SlowStart(section),
            SteerTo = [.. section.GetSection("SteerTo").GetChildren().Select(t => t.Value ?? "")],
        };
    }

    private MemberDefinition Member(IConfigurationSection section)
    {
        Known(section, ["Weight", "Tier"]);
        return new MemberDefinition(section.Key) { Weight = Whole<uint>(section, "Weight") ?? 1, Tier = Whole<int>(section, "Tier") ?? 0 };
    }

    private PolicyDefinition Policy(IConfigurationSection section)
    {
        HasKeys(section, "Name");
        var parameters = section.AsEnumerable(makePathsRelative: true)
            .Where(p => p.Value is not null && !p.Key.Equals("Name", StringComparison.OrdinalIgnoreCase))
            .ToImmutableSortedDictionary(p => p.Key, p => p.Value!, StringComparer.OrdinalIgnoreCase);
        return PolicyDefinition.Default with { Name = section["Name"] ?? PolicyDefinition.Default.Name, Parameters = parameters };
    }

    private static ForwardTarget? Target(string? text) => string.IsNullOrEmpty(text) ? null : new ForwardTarget(text);

    /// <summary>A text where keys belong would be passed over in silence, with all that it was meant to say. It may be a secret: the fault does not repeat it.</summary>
    private void HasKeys(IConfigurationSection section, string first)
    {
        if (section.Value is { Length: > 0 })
        {
            _faults.Add(new FleetFault(section.Path, $"a text stands where keys belong; write {section.Path}:{first}"));
        }
    }

    private void Known(IConfigurationSection section, string[] keys)
    {
        HasKeys(section, keys[0]);
        foreach (var child in section.GetChildren())
        {
            if (!keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                var hint = EntityName.Closest(child.Key, keys) is { } near ? $"did you mean '{near}'?" : $"there are {string.Join(", ", keys)}";
                _faults.Add(new FleetFault(child.Path, $"unknown key; {hint}"));
            }
        }
    }

    private T? Whole<T>(IConfigurationSection section, string key)
        where T : struct, System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T>
    {
        if (section[key] is not { } text)
        {
            return null;
        }
        if (T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }
        _faults.Add(new FleetFault($"{section.Path}:{key}", $"'{text}' is not a whole number from 0 to {T.MaxValue}"));
        return null;
    }

    private double? Number(IConfigurationSection section, string key)
    {
        if (section[key] is not { } text)
        {
            return null;
        }
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
        {
            return value;
        }
        _faults.Add(new FleetFault($"{section.Path}:{key}", $"'{text}' is not a number"));
        return null;
    }

    private TimeSpan? Duration(IConfigurationSection section, string key)
    {
        if (section[key] is not { } text)
        {
            return null;
        }
        // A bare number would be read as days, which nobody means.
        if (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }
        _faults.Add(new FleetFault($"{section.Path}:{key}", $"'{text}' is not a duration; write hh:mm:ss"));
        return null;
    }
}
