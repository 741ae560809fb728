using System.Collections.Frozen;
using System.Globalization;
using Athena.Engine.Farms;

namespace Athena.Service.Classic;

/// <summary>One field: its code, its long name, and how it is shown.</summary>
/// <param name="Code">As in `%h` and `h=`; empty when it has none.</param>
/// <param name="Name">As in `%{host}` and `host=`.</param>
/// <param name="Show">Its text; null when the subject has none. The whole is null when it cannot be shown.</param>
/// <param name="Statistic">The statistic that it is; null: none.</param>
/// <param name="IsReadOnly">Whether no update may set it.</param>
internal sealed record ClassicField(string Code, string Name, Func<ClassicSubject, string?>? Show, string? Statistic = null, bool IsReadOnly = false)
{
    private static readonly ClassicField[] Table =
    [
        new("h", "host", s => s.Name),
        new("f", "format", null),
        OfStatistic("c", "cpu"),
        OfStatistic("m", "mem"),
        OfStatistic("l", "load"),
        OfStatistic("n", "conns"),
        .. Enumerable.Range(0, 8).Select(k => OfStatistic($"{k}cus", $"cus{k}")),
        new("s", "state", s => Text(s.State)),
        new("u", "health", s => s.IsUp ? "up" : "down"),
        new("i", "fresh", s => s.IsIn ? "in" : "out", IsReadOnly: true),
        new("t", "age", s => s.Age is { } age ? Text((long)age.TotalSeconds) : null, IsReadOnly: true),
        new("w", "weight", s => s.Weight),
        new("r", "chosen", s => Text(s.Chosen), IsReadOnly: true),
        new("p", "inflight", s => Text(s.InFlight), IsReadOnly: true),
        new("F", "forward", s => s.Forward),
        new("N", "farm", s => s.Farm),
        new("a", "address", s => s.Address, IsReadOnly: true),
        new("", "forward-off", s => s.ForwardOff),
        new("", "forward-down", s => s.ForwardDown),
        new("", "available", s => s.IsAvailable ? "yes" : "no", IsReadOnly: true),
        new("", "causes", Causes, IsReadOnly: true),
        new("", "reason", null),
    ];

    private static readonly FrozenDictionary<string, ClassicField> ByCode = Table.Where(f => f.Code.Length > 0).ToFrozenDictionary(f => f.Code);
    private static readonly FrozenDictionary<string, ClassicField> ByName = Table.ToFrozenDictionary(f => f.Name);

    /// <summary>All fields, in the order of the documentation.</summary>
    public static IReadOnlyList<ClassicField> All => Table;

    /// <summary>The field of this code or long name, or null.</summary>
    public static ClassicField? Find(string codeOrName) => ByCode.GetValueOrDefault(codeOrName) ?? ByName.GetValueOrDefault(codeOrName);

    /// <summary>The field of this long name, or null.</summary>
    public static ClassicField? FindName(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The code that a text begins with, or null.</summary>
    public static ClassicField? FindCode(ReadOnlySpan<char> text, out int length)
    {
        var codes = ByCode.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var longest in (ReadOnlySpan<int>)[4, 1])
        {
            length = longest;
            if (text.Length >= length && codes.TryGetValue(text[..length], out var field))
            {
                return field;
            }
        }
        length = 0;
        return null;
    }

    public static string Text(AdminState state) => state switch { AdminState.On => "on", AdminState.Drain => "drain", _ => "off" };

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static string? Text(long? number) => number is { } known ? Text(known) : null;

    private static ClassicField OfStatistic(string code, string name) => new(code, name, s => s.Statistic(name) is { } value ? Text(value) : null, name);

    private static string? Causes(ClassicSubject subject)
    {
        var causes = string.Join('+', subject.Causes.Distinct().Select(c => c switch
        {
            CauseKind.CheckFailed => "check",
            CauseKind.WeightZero => "weight",
            _ => c.ToString().ToLowerInvariant(),
        }));
        return causes.Length > 0 ? causes : null;
    }
}
