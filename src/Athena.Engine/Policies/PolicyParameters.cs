using System.Globalization;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Reads a policy's parameters and collects what is wrong with them; keys that nobody asked for are faults.</summary>
public sealed class PolicyParameters
{
    private readonly PolicyDefinition _definition;
    private readonly string _path;
    private readonly List<FleetFault> _faults;
    private readonly HashSet<string> _read = new(StringComparer.OrdinalIgnoreCase);

    internal PolicyParameters(PolicyDefinition definition, string path, List<FleetFault> faults) => (_definition, _path, _faults) = (definition, path, faults);

    /// <summary>A text, or the default.</summary>
    public string Text(string key, string byDefault) => Find(key) ?? byDefault;

    /// <summary>A number in a range, or the default.</summary>
    public double Number(string key, double byDefault, double min, double max)
    {
        if (Find(key) is not { } text)
        {
            return byDefault;
        }
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }
        Fault(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a number from {min} to {max}"));
        return byDefault;
    }

    /// <summary>A whole number in a range, or the default.</summary>
    public int Whole(string key, int byDefault, int min, int max)
    {
        if (Find(key) is not { } text)
        {
            return byDefault;
        }
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }
        Fault(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a whole number from {min} to {max}"));
        return byDefault;
    }

    /// <summary>A duration as hh:mm:ss in a range, or the default.</summary>
    public TimeSpan? Span(string key, TimeSpan? byDefault, TimeSpan min, TimeSpan max)
    {
        if (Find(key) is not { } text)
        {
            return byDefault;
        }
        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }
        Fault(key, string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a time from {min} to {max}, as hh:mm:ss"));
        return byDefault;
    }

    /// <summary>A list, as its entries stand in configuration (Key:0, Key:1, ...) or joined by commas; or the default.</summary>
    public IReadOnlyList<string> List(string key, IReadOnlyList<string> byDefault)
    {
        if (Find(key) is { } text)
        {
            return text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }
        var below = Below(key);
        return below.Count == 0 ? byDefault : [.. below.Select(b => Text($"{key}:{b}", ""))];
    }

    /// <summary>The names below a key, in the order of the configuration's keys.</summary>
    public IReadOnlyList<string> Below(string key) =>
        [.. _definition.Parameters.Keys.Where(k => k.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).Select(k => k[(key.Length + 1)..])];

    /// <summary>One of an enumeration's values in snake_case, or the default.</summary>
    public T OneOf<T>(string key, T byDefault)
        where T : struct, Enum
    {
        if (Find(key) is not { } text)
        {
            return byDefault;
        }
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(SnakeCase(value.ToString()), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }
        Fault(key, $"'{text}' is not one of {string.Join(", ", Enum.GetValues<T>().Select(v => SnakeCase(v.ToString())))}");
        return byDefault;
    }

    /// <summary>Says what is wrong with a parameter.</summary>
    public void Fault(string key, string message, int? column = null) => _faults.Add(new FleetFault($"{_path}:{key}", message) { Column = column });

    /// <summary>The parameters that were asked for: those that the policy has.</summary>
    internal IEnumerable<string> Known => _read;

    internal void RefuseUnread()
    {
        foreach (var key in _definition.Parameters.Keys.Where(k => !_read.Contains(k)))
        {
            Fault(key, $"policy '{_definition.Name}' has no such parameter");
        }
    }

    private string? Find(string key)
    {
        _read.Add(key);
        return _definition.Parameters.GetValueOrDefault(key);
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
