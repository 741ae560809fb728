using System.Globalization;
using System.Text.RegularExpressions;

namespace Athena.Cli.Import;

/// <summary>Reads mod_athena's directives. What it cannot take over it names, by file and line; what is wrong it leaves out and names.</summary>
internal sealed partial class Importer
{
    private static readonly string[] Policies = ["round_robin", "random", "least_load", "least_time", "sum", "least_requests", "peak_ewma", "weighted_load", "prequal", "consistent_hash"];

    private readonly List<Remark> _faults = [];
    private readonly List<Remark> _notes = [];
    private readonly List<Directive> _proxies = [];

    private OldFleet Fleet { get; } = new();

    /// <summary>What the directives declare.</summary>
    /// <returns>The fleet; what was wrong and is left out; what has no counterpart or deserves a look.</returns>
    public static (OldFleet Fleet, IReadOnlyList<Remark> Faults, IReadOnlyList<Remark> Notes) Import(IEnumerable<Directive> directives)
    {
        var importer = new Importer();
        foreach (var directive in directives)
        {
            importer.Take(directive);
        }
        importer.Resolve();
        importer.Pass();
        return (importer.Fleet, [.. importer._faults.OrderBy(f => f.Line)], [.. importer._notes.OrderBy(n => n.Line)]);
    }

    private void Take(Directive directive)
    {
        var value = directive.Arguments.Length > 0 ? directive.Arguments[0] : "";
        switch (directive.Name.ToUpperInvariant())
        {
            case "ATHENGINE":
                Note(directive, value.Equals("off", StringComparison.OrdinalIgnoreCase)
                    ? "AthEngine off: the new service decides as soon as it runs; `athena set off --engine` switches it off"
                    : null);
                break;
            case "ATHPATH":
                Path(directive, value);
                break;
            case "ATHSHMFILE":
                Note(directive, "AthSHMFile has no counterpart: statistics are kept in memory, states in the store (Athena:Store)");
                break;
            case "ATHEXPECTUPDATE":
                Fleet.ExpectUpdate = Seconds(directive, value) ?? Fleet.ExpectUpdate;
                break;
            case "ATHALLOWDIVERSEMULTI":
                Note(directive, value.Equals("on", StringComparison.OrdinalIgnoreCase)
                    ? "AthAllowDiverseMulti on is not taken over; see the settings of the classic interface"
                    : null);
                break;
            case "ATHPHYS":
                Phys(directive);
                break;
            case "ATHFARM":
                Farm(directive);
                break;
            case "PROXYPASS" or "PROXYPASSREVERSE":
                _proxies.Add(directive);
                break;
            default:
                Note(directive, directive.Name.StartsWith("Ath", StringComparison.OrdinalIgnoreCase) ? $"{directive.Name} is not known and was left out" : null);
                break;
        }
    }

    private void Path(Directive directive, string value)
    {
        var path = "/" + value.Trim('/');
        if (path.Length < 2 || path.Contains("//", StringComparison.Ordinal))
        {
            Fault(directive, $"AthPath '{value}' is not a path such as /ath");
        }
        else if (!Fleet.EnginePaths.Contains(path, StringComparer.Ordinal))
        {
            Fleet.EnginePaths.Add(path);
        }
    }

    /// <summary>AthPhys name address[:port] [weight=N] [expect=SECONDS] [forward=NAME]</summary>
    private void Phys(Directive directive)
    {
        if (directive.Arguments is not [var name, var host, .. var rest] || !IsName(directive, "server", name))
        {
            Fault(directive, directive.Arguments.Length < 2 ? "write AthPhys name address[:port] [weight=N] [expect=SECONDS] [forward=NAME]" : null);
            return;
        }
        if (AddressOf(host) is not { } address)
        {
            Fault(directive, $"'{host}' is not an address of {name}");
            return;
        }
        var server = new OldServer(directive, address);
        foreach (var (key, value) in Keys(directive, rest))
        {
            switch (key)
            {
                case "weight" when uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var weight):
                    server = server with { Weight = weight };
                    break;
                case "weight":
                    Fault(directive, $"weight={value} is not a whole number of 0 or more");
                    break;
                case "expect":
                    server = server with { ExpectUpdate = Seconds(directive, value) };
                    break;
                case "forward":
                    server.Forward = value;
                    break;
                default:
                    Note(directive, $"{key}={value} of {name} is not known and was left out");
                    break;
            }
        }
        if (!Fleet.Servers.TryAdd(name, server))
        {
            Fault(directive, $"server {name} is declared a second time; the first holds");
        }
    }

    /// <summary>AthFarm name algorithm=NAME members=a,b,c [forward-off=TARGET] [forward-down=TARGET]</summary>
    private void Farm(Directive directive)
    {
        if (directive.Arguments is not [var name, .. var rest] || !IsName(directive, "farm", name))
        {
            Fault(directive, directive.Arguments.Length < 1 ? "write AthFarm name algorithm=NAME members=a,b,c [forward-off=TARGET] [forward-down=TARGET]" : null);
            return;
        }
        var farm = new OldFarm(directive, "round_robin") { Members = [] };
        foreach (var (key, value) in Keys(directive, rest))
        {
            switch (key)
            {
                case "algorithm":
                    farm = Algorithm(directive, farm, value);
                    break;
                case "members":
                    farm.Members.AddRange(value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
                    break;
                case "forward-off":
                    farm.ForwardOff = value;
                    break;
                case "forward-down":
                    farm.ForwardDown = value;
                    break;
                default:
                    Note(directive, $"{key}={value} of {name} is not known and was left out");
                    break;
            }
        }
        if (!Fleet.Farms.TryAdd(name, farm))
        {
            Fault(directive, $"farm {name} is declared a second time; the first holds");
        }
    }

    /// <summary>Names of today are taken as they stand; statistics of mod_athena mean "the least of it"; others are named.</summary>
    private OldFarm Algorithm(Directive directive, OldFarm farm, string algorithm)
    {
        var name = algorithm.ToUpperInvariant().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        if (Policies.FirstOrDefault(p => p.Replace("_", "", StringComparison.Ordinal).Equals(name, StringComparison.OrdinalIgnoreCase)) is { } policy)
        {
            return farm with { Policy = policy };
        }
        switch (name)
        {
            case "RR":
                return farm with { Policy = "round_robin" };
            case "CPU" or "MEM" or "LOAD" or "CONNS":
#pragma warning disable CA1308 // The names of statistics are lower case.
                return farm with { Policy = "least_load", Statistic = name.ToLowerInvariant() };
#pragma warning restore CA1308
            default:
                Note(directive, $"algorithm={algorithm} is not known; farm {directive.Arguments[0]} gets least_load. docs/policies.md tells what there is");
                return farm with { Policy = "least_load" };
        }
    }

    private IEnumerable<(string Key, string Value)> Keys(Directive directive, IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                Fault(directive, $"'{word}' is not of the form key=value");
                continue;
            }
#pragma warning disable CA1308 // Keys as the manual writes them.
            yield return (word[..at].ToLowerInvariant(), word[(at + 1)..]);
#pragma warning restore CA1308
        }
    }

    private TimeSpan? Seconds(Directive directive, string text)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is 0 or (>= 0.1 and <= 86_400))
        {
            return TimeSpan.FromSeconds(seconds);
        }
        Fault(directive, $"'{text}' is not a number of seconds from 0.1 to 86400, or 0");
        return null;
    }

    private bool IsName(Directive directive, string kind, string name)
    {
        if (Name().IsMatch(name))
        {
            return true;
        }
        Fault(directive, $"'{name}' is not a name of a {kind}: 1 to 253 of letters, digits, '.', '_', '-'");
        return false;
    }

    /// <summary>An address of httpd is a host with or without a port, at times a whole URL.</summary>
    private static string? AddressOf(string host)
    {
        var text = host.Contains("://", StringComparison.Ordinal) ? host : $"http://{host}";
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.UserInfo.Length == 0 ? text.TrimEnd('/') : null;
    }

    private void Fault(Directive directive, string? text)
    {
        if (text is not null)
        {
            _faults.Add(new(directive.File, directive.Line, text));
        }
    }

    private void Note(Directive directive, string? text)
    {
        if (text is not null)
        {
            _notes.Add(new(directive.File, directive.Line, text));
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,253}\z")]
    private static partial Regex Name();
}
