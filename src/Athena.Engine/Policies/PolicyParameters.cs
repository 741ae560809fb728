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
    public void Fault(string key, string message) => _faults.Add(new FleetFault($"{_path}:{key}", message));

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
