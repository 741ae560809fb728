using System.Globalization;
using Athena.Engine.Farms;
using Athena.Engine.Statistics;
using Athena.Service.Contract;
using Athena.Service.State;

namespace Athena.Service.Classic;

/// <summary>One request of an update: what to set, or what is wrong with it.</summary>
internal sealed class ClassicUpdateRequest
{
    /// <summary>In place of a forward: the one of the configuration again.</summary>
    public const string AsConfigured = "*";

    private readonly Dictionary<string, double> _statistics = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _forwards = new(StringComparer.Ordinal);
    private readonly bool _ofFarm;

    private ClassicUpdateRequest(bool ofFarm) => _ofFarm = ofFarm;

    /// <summary>Why it is not acceptable; null: it is.</summary>
    public ClassicFault? Fault { get; private set; }

    public string? Server { get; private set; }

    public string? Farm { get; private set; }

    /// <summary>The entity it is about.</summary>
    public string? Name => _ofFarm ? Farm : Server;

    public AdminState? Admin { get; private set; }

    public HealthState? Health { get; private set; }

    /// <summary>The member's new weight; null: it stays.</summary>
    public uint? Weight { get; private set; }

    public string? Reason { get; private set; }

    public IReadOnlyCollection<KeyValuePair<string, double>> Statistics => _statistics;

    /// <summary>Whether anything but numbers changes.</summary>
    public bool ChangesStates => Admin is not null || Health is not null || _forwards.Count > 0;

    /// <summary>Whether one of a farm's two forwards changes and the other one stays.</summary>
    public bool KeepsForward => _ofFarm && _forwards.Count == 1 && !_forwards.ContainsKey("forward");

    /// <summary>Whether it is a report of the server; one without numbers is a sign of life.</summary>
    public bool IsReport => !_ofFarm && Weight is null && (_statistics.Count > 0 || !ChangesStates);

    /// <summary>Reads the requests. What is wrong with the contents of one is its own fault; the text as a whole is good when it names entities.</summary>
    public static List<ClassicUpdateRequest>? Read(List<List<ClassicArgument>> requests, bool ofFarms, out ClassicFault? fault)
    {
        var updates = new List<ClassicUpdateRequest>();
        fault = null;
        foreach (var request in requests)
        {
            var update = new ClassicUpdateRequest(ofFarms);
            foreach (var argument in request)
            {
                update.Fault ??= update.Take(argument);
            }
            update.Fault ??= update.Incomplete();
            updates.Add(update);
        }
        // As it stands nothing of it can be done: it may be escaped, or it is no update.
        fault = updates.Find(u => u.Fault is not null && (requests.Count == 1 || !EntityName.IsValid(u.Name)))?.Fault;
        return fault is null ? updates : null;
    }

    /// <summary>The change of forwards; null: they stay.</summary>
    /// <param name="farm">The farm as it is, if it is one: what is not given stays.</param>
    public ForwardChange? ForwardFor(Farm? farm)
    {
        if (_forwards.Count == 0)
        {
            return null;
        }
        if (_forwards.TryGetValue("forward", out var both) && both == AsConfigured)
        {
            return new ForwardChange(AsConfigured: true);
        }
        if (!_ofFarm)
        {
            return new ForwardChange(AsConfigured: false, Server: both is { Length: > 0 } ? both : null);
        }
        return new ForwardChange(AsConfigured: false,
            Off: Target("forward-off", farm!.Definition.ForwardOff), Down: Target("forward-down", farm.Definition.ForwardDown));
    }

    private ForwardTarget? Target(string key, ForwardTarget? now) =>
        (_forwards.GetValueOrDefault(key) ?? _forwards.GetValueOrDefault("forward")) switch
        {
            null => now,
            "" => null,
            var text => new ForwardTarget(text),
        };

    private ClassicFault? Take(ClassicArgument argument)
    {
        var (key, value) = argument;
        if (argument.IsBare)
        {
            return ClassicFault.Syntax($"'{ClassicFault.Shown(value)}' sets nothing; write NAME=VALUE");
        }
        var field = ClassicField.Find(key);
        if (!_seen.Add(field?.Name ?? key))
        {
            return ClassicFault.Syntax($"'{ClassicFault.Shown(key)}' is given twice");
        }
        if (field is { IsReadOnly: true })
        {
            return ClassicFault.Syntax($"'{key}' is read only");
        }
        return field?.Name switch
        {
            "host" when _ofFarm => TakeFarm(value),
            "host" => TakeServer(value),
            "farm" => TakeFarm(value),
            "state" => TakeState(value),
            "health" when !_ofFarm => TakeHealth(value),
            "forward" => TakeForward(field.Name, value),
            "forward-off" or "forward-down" when _ofFarm => TakeForward(field.Name, value),
            "reason" => TakeReason(value),
            "weight" when !_ofFarm => TakeWeight(value),
            _ when _ofFarm || field is { Statistic: null } => ClassicFault.Syntax($"'{ClassicFault.Shown(key)}' cannot be set here; {(_ofFarm ? ClassicUpdate.FarmsUsage : ClassicUpdate.ServersUsage)}"),
            _ => TakeNumber(field?.Statistic ?? key, key, value),
        };
    }

    private ClassicFault? Incomplete()
    {
        if (Name is null)
        {
            return ClassicFault.Syntax(_ofFarm ? $"no farm is named; {ClassicUpdate.FarmsUsage}" : $"no server is named; {ClassicUpdate.ServersUsage}");
        }
        if (_ofFarm)
        {
            return ChangesStates ? null : ClassicFault.Syntax($"nothing to set; {ClassicUpdate.FarmsUsage}");
        }
        if (Weight is not null)
        {
            // It is the farm's word, the rest is the server's: two changes, which could not be made as one.
            return _statistics.Count > 0 || ChangesStates ? ClassicFault.Syntax("a weight is set by itself: h=, farm=, w= and reason= alone") : null;
        }
        if (Farm is not null && (_statistics.Count > 0 || Health is not null || _forwards.Count > 0 || Admin is null))
        {
            return ClassicFault.Syntax("in one farm a server has only its state; leave farm= out");
        }
        return StatisticBoard.Check(_statistics) is [var bad, ..] ? ClassicFault.Syntax($"{ClassicFault.Shown(bad.Name)}: {bad.Message}") : null;
    }

    private ClassicFault? TakeServer(string name)
    {
        Server = name;
        return NameFault(name);
    }

    private ClassicFault? TakeFarm(string name)
    {
        if (_ofFarm && Farm is not null)
        {
            return ClassicFault.Syntax($"two farms are named: '{ClassicFault.Shown(Farm)}' and '{ClassicFault.Shown(name)}'");
        }
        Farm = name;
        return NameFault(name);
    }

    private static ClassicFault? NameFault(string name) => name == "*" ? ClassicFault.Syntax("an update names one server or farm; * is for status")
        : EntityName.IsValid(name) ? null
        : ClassicFault.Syntax($"'{ClassicFault.Shown(name)}' is not a name; {EntityName.Rule}");

    private ClassicFault? TakeState(string value)
    {
        Admin = value switch { "on" => AdminState.On, "drain" => AdminState.Drain, "off" => AdminState.Off, _ => null };
        return Admin is null ? ClassicFault.Syntax($"state '{ClassicFault.Shown(value)}' is none of on, drain, off")
            : _ofFarm && Admin == AdminState.Drain ? ClassicFault.Syntax("a farm does not drain; it is on or off")
            : null;
    }

    private ClassicFault? TakeHealth(string value)
    {
        Health = value switch { "up" => HealthState.Up, "down" => HealthState.Down, _ => null };
        return Health is null ? ClassicFault.Syntax($"health '{ClassicFault.Shown(value)}' is none of up, down") : null;
    }

    private ClassicFault? TakeWeight(string value)
    {
        Weight = uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var weight) ? weight : null;
        return Weight is null ? ClassicFault.Syntax($"weight '{ClassicFault.Shown(value)}' is not a whole number from 0 to {uint.MaxValue}") : null;
    }

    private ClassicFault? TakeForward(string key, string value)
    {
        _forwards[key] = value;
        return value.Length == 0 || (value == AsConfigured && key == "forward") || EntityName.IsValid(value) || (_ofFarm && new ForwardTarget(value).IsUrl)
            ? null
            : ClassicFault.Syntax($"'{ClassicFault.Shown(value)}' is no place to go to: {(_ofFarm ? "a farm or a complete URL" : "a server")}, nothing for none, or F=* for the configured one");
    }

    private ClassicFault? TakeReason(string value)
    {
        Reason = value;
        return value.Length > RequestChecks.MaxReason ? ClassicFault.TooMuch($"the reason is longer than {RequestChecks.MaxReason} characters") : null;
    }

    private ClassicFault? TakeNumber(string name, string key, string value)
    {
        if (!double.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return ClassicFault.Syntax($"'{ClassicFault.Shown(key)}={ClassicFault.Shown(value)}' is not a finite number");
        }
        _statistics[name] = number;
        return null;
    }
}
