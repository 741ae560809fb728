using System.Globalization;
using Athena.Engine.Farms;
using Athena.Service.Contract;

namespace Athena.Service.Classic;

/// <summary>One line of an export: a server, a farm, or a member (both), and what operators set of it.</summary>
internal sealed record MirrorLine(string? Farm, string? Server, IReadOnlyList<MirrorSetting> Settings)
{
    private static readonly string[] Parts = ["", ".at", ".rev", ".by", ".why", ".until"];

    /// <summary>Its names, for messages.</summary>
    public string Subject => Farm is null ? Server! : Server is null ? Farm : $"{Server} in {Farm}";

    /// <summary>A subject's line.</summary>
    public static IEnumerable<ClassicArgument> Of((string? Farm, string? Server) subject, MirrorStamps stamps)
    {
        if (subject.Farm is { } farm)
        {
            yield return new("N", farm);
        }
        if (subject.Server is { } server)
        {
            yield return new("h", server);
        }
        foreach (var aspect in AspectsOf(subject.Farm is not null, subject.Server is not null))
        {
            foreach (var argument in stamps.SettingOf(subject, aspect)?.Print(subject.Farm is not null) ?? [])
            {
                yield return argument;
            }
        }
    }

    /// <summary>Reads a line back.</summary>
    /// <returns>Null when it is none; then the fault says why.</returns>
    public static MirrorLine? Read(string line, bool ofFarms, out ClassicFault? fault)
    {
        if (line.Any(c => char.IsControl(c) || c == ClassicText.BadEscape))
        {
            fault = ClassicFault.Syntax("it has control characters");
            return null;
        }
        if (ClassicGrammar.Parse(line, out fault) is not [var arguments])
        {
            fault ??= ClassicFault.Syntax("it has several requests; a line has one");
            return null;
        }
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in arguments)
        {
            if (key.Length == 0 || !values.TryAdd(key, value))
            {
                fault = ClassicFault.Syntax(key.Length == 0 ? $"'{ClassicFault.Shown(value)}' has no key" : $"'{key}' is given twice");
                return null;
            }
        }
        values.Remove("N", out var farm);
        values.Remove("h", out var server);
        var names = new[] { farm, server }.OfType<string>().ToArray();
        if (ofFarms ? farm is null : farm is not null || server is null)
        {
            fault = ClassicFault.Syntax(ofFarms ? "it names no farm (N=)" : "it does not name one server (h=)");
            return null;
        }
        if (Array.Find(names, n => !EntityName.IsValid(n)) is { } bad)
        {
            fault = ClassicFault.Syntax($"'{ClassicFault.Shown(bad)}' is not a name; {EntityName.Rule}");
            return null;
        }
        var settings = new List<MirrorSetting>();
        foreach (var aspect in AspectsOf(farm is not null, server is not null).Where(a => values.ContainsKey(MirrorSetting.KeyOf(a))))
        {
            if (Setting(aspect, farm is not null, values, out fault) is not { } setting)
            {
                return null;
            }
            settings.Add(setting);
        }
        fault = values.Count == 0 ? null : ClassicFault.Syntax($"'{ClassicFault.Shown(values.Keys.First())}' is not part of such a line");
        return fault is null ? new MirrorLine(farm, server, settings) : null;
    }

    private static MirrorAspect[] AspectsOf(bool hasFarm, bool hasServer) => (hasFarm, hasServer) switch
    {
        (true, true) => [MirrorAspect.State],
        (true, false) => [MirrorAspect.State, MirrorAspect.Forward],
        _ => [MirrorAspect.State, MirrorAspect.Health, MirrorAspect.Forward],
    };

    private static MirrorSetting? Setting(MirrorAspect aspect, bool isFarm, Dictionary<string, string> values, out ClassicFault? fault)
    {
        var key = MirrorSetting.KeyOf(aspect);
        var parts = Parts.Select(part => values.Remove(key + part, out var value) ? value : "").ToArray();
        var down = "";
        if (aspect == MirrorAspect.Forward && isFarm)
        {
            down = values.Remove("forward-down", out var target) ? target : "";
        }
        var (value, actor, reason) = (parts[0], parts[3], parts[4]);
        DateTimeOffset until = default;
        fault = !IsValue(aspect, isFarm, value, down) ? ClassicFault.Syntax($"'{key}={ClassicFault.Shown(value)}' is no value")
            : !Time(parts[1], out var at) ? ClassicFault.Syntax($"'{key}.at={ClassicFault.Shown(parts[1])}' is not a time")
            : !long.TryParse(parts[2].Length == 0 ? "0" : parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out _) ? ClassicFault.Syntax($"'{key}.rev={ClassicFault.Shown(parts[2])}' is not a revision")
            : actor.Length > RequestChecks.MaxActor || reason.Length > RequestChecks.MaxReason ? ClassicFault.Syntax($"'{key}.by' or '{key}.why' is too long")
            : parts[5].Length > 0 && !Time(parts[5], out until) ? ClassicFault.Syntax($"'{key}.until={ClassicFault.Shown(parts[5])}' is not a time")
            : null;
        if (fault is not null)
        {
            return null;
        }
        Time(parts[1], out at);
        var revision = parts[2].Length == 0 ? 0 : long.Parse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture);
        return new(aspect, value, down, at, revision, actor, reason, parts[5].Length > 0 ? until : null);
    }

    private static bool IsValue(MirrorAspect aspect, bool isFarm, string value, string down) => aspect switch
    {
        MirrorAspect.State => value is "on" or "off" || (value == "drain"),
        MirrorAspect.Health => value is "up" or "down",
        _ => new[] { value, down }.All(t => t.Length == 0 || t == MirrorSetting.AsConfigured || EntityName.IsValid(t) || (isFarm && new ForwardTarget(t).IsUrl)),
    };

    private static bool Time(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
