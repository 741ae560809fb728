using Athena.Engine.Farms;
using Athena.Service.Contract;

namespace Athena.Service.Admin;

/// <summary>A filter of a list: terms joined by AND, each `FIELD = VALUE` or `FIELD != VALUE`.</summary>
/// <remarks>
/// The part of AIP-160 that picks out farms and servers, and no more: OR, brackets and comparisons by size are refused by name, so that nobody
/// gets another list than they think. A value may stand in quotes; a `*` at its begin or end stands for any text. All but labels are compared without
/// case. A field with several values (`farm`, `member`) equals each of them.
/// </remarks>
internal sealed class ListFilter<T>
{
    /// <summary>Longest filter.</summary>
    public const int MaxLength = 1024;

    private readonly List<(Func<T, IEnumerable<string>> Values, bool Equal, string Text, StringComparison Comparison)> _terms = [];

    /// <summary>Reads a filter; faults are collected.</summary>
    /// <param name="text">The filter; empty: everything matches.</param>
    /// <param name="fields">The fields there are.</param>
    /// <param name="labels">The value of a label, for `labels.KEY`; null: there are none.</param>
    /// <param name="checks">Where faults go.</param>
    public ListFilter(string text, IReadOnlyDictionary<string, Func<T, IEnumerable<string>>> fields, Func<T, string, string?>? labels, ref RequestChecks checks)
    {
        if (text.Length > MaxLength)
        {
            checks.Length("filter", text, MaxLength);
            return;
        }
        var place = 0;
        while (SkipSpace(text, ref place))
        {
            var at = place;
            if (_terms.Count > 0 && (Word(text, ref place) != "AND" || !SkipSpace(text, ref place)))
            {
                Fault(ref checks, at, "expected AND and a further term");
                return;
            }
            at = place;
            var name = Word(text, ref place);
            Func<T, IEnumerable<string>>? values;
            var comparison = StringComparison.OrdinalIgnoreCase;
            if (labels is not null && name.StartsWith("labels.", StringComparison.Ordinal) && name.Length > "labels.".Length)
            {
                var key = name["labels.".Length..];
                values = item => labels(item, key) is { } value ? [value] : [];
                comparison = StringComparison.Ordinal;
            }
            else if (!fields.TryGetValue(name, out values))
            {
                Fault(ref checks, at, $"'{name}' is not a field; there are {string.Join(", ", fields.Keys.Order(StringComparer.Ordinal))}{(labels is null ? "" : ", labels.KEY")}");
                return;
            }
            SkipSpace(text, ref place);
            var equal = text.AsSpan(place).StartsWith("=");
            if (!equal && !text.AsSpan(place).StartsWith("!="))
            {
                Fault(ref checks, place, "expected = or !=");
                return;
            }
            place += equal ? 1 : 2;
            if (!SkipSpace(text, ref place) || Value(text, ref place) is not { } wanted)
            {
                Fault(ref checks, place, "expected a value");
                return;
            }
            _terms.Add((values, equal, wanted, comparison));
        }
    }

    /// <summary>Whether all terms hold.</summary>
    public bool Matches(T item) => _terms.TrueForAll(t => t.Values(item).Any(v => Like(v, t.Text, t.Comparison)) == t.Equal);

    private static bool Like(string value, string wanted, StringComparison comparison)
    {
        var (open, close) = (wanted.StartsWith('*'), wanted.Length > 1 && wanted.EndsWith('*'));
        var core = wanted[(open ? 1 : 0)..(wanted.Length - (close ? 1 : 0))];
        return (open, close) switch
        {
            (true, true) => value.Contains(core, comparison),
            (true, false) => value.EndsWith(core, comparison),
            (false, true) => value.StartsWith(core, comparison),
            _ => value.Equals(core, comparison),
        };
    }

    private static bool SkipSpace(string text, ref int place)
    {
        while (place < text.Length && char.IsWhiteSpace(text[place]))
        {
            place++;
        }
        return place < text.Length;
    }

    private static string Word(string text, ref int place)
    {
        var from = place;
        while (place < text.Length && !char.IsWhiteSpace(text[place]) && text[place] is not ('=' or '!' or '"' or '(' or ')'))
        {
            place++;
        }
        return text[from..place];
    }

    private static string? Value(string text, ref int place)
    {
        if (text[place] != '"')
        {
            var word = Word(text, ref place);
            return word.Length == 0 ? null : word;
        }
        var value = new System.Text.StringBuilder();
        for (var i = place + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                place = i + 1;
                return value.ToString();
            }
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                i++;
            }
            value.Append(text[i]);
        }
        return null;
    }

    private static void Fault(ref RequestChecks checks, int place, string message) =>
        checks.Fault("filter", FormattableString.Invariant($"at character {place + 1}: {message}"));
}

/// <summary>The fields that lists can be filtered by.</summary>
internal static class ListFields
{
    public static IReadOnlyDictionary<string, Func<Server, IEnumerable<string>>> OfServers(Snapshot snapshot)
    {
        var farms = new Lazy<ILookup<string, string>>(() => snapshot.Farms.SelectMany(f => f.Members.Select(m => (Farm: f.Name, Server: m.Declared.Name)))
            .ToLookup(m => m.Server, m => m.Farm, EntityName.Comparer));
        return new Dictionary<string, Func<Server, IEnumerable<string>>>
        {
            ["name"] = s => [s.Name],
            ["address"] = s => [s.Address],
            ["farm"] = s => farms.Value[s.Name],
            ["forward"] = s => s.Definition.Forward is { } forward ? [forward] : [],
            ["admin"] = s => [s.State.Admin.State.ToString()],
            ["health"] = s => [s.State.Health.ToString()],
            ["freshness"] = s => [s.State.Freshness.ToString()],
            ["available"] = s => [s.IsAvailable ? "true" : "false"],
            ["origin"] = s => [s.Definition.Origin.ToString()],
        };
    }

    public static IReadOnlyDictionary<string, Func<Farm, IEnumerable<string>>> OfFarms { get; } = new Dictionary<string, Func<Farm, IEnumerable<string>>>
    {
        ["name"] = f => [f.Name],
        ["policy"] = f => [f.Definition.Policy.Name],
        ["member"] = f => f.Members.Select(m => m.Declared.Name),
        ["admin"] = f => [f.Admin.State.ToString()],
        ["serving"] = f => [f.IsServing ? "true" : "false"],
        ["panicking"] = f => [f.IsPanicking ? "true" : "false"],
        ["origin"] = f => [f.Definition.Origin.ToString()],
    };
}
