using System.Globalization;
using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Monitor;

/// <summary>Findings as a plug-in for Nagios and Icinga prints them: `STATUS - text | performance data`.</summary>
internal static class NagiosLine
{
    private const int MostNamed = 10;

    public static string Of(Findings findings)
    {
        var status = findings.ExitCode switch { ExitCodes.Well => "OK", ExitCodes.Refused => "WARNING", _ => "CRITICAL" };
        var said = findings.Troubles.Take(MostNamed).Select(t => $"{t.Name} {t.Text}").ToList();
        if (findings.Troubles.Count > MostNamed)
        {
            said.Add(string.Create(CultureInfo.InvariantCulture, $"and {findings.Troubles.Count - MostNamed} more"));
        }
        var text = said.Count > 0 ? string.Join("; ", said) : string.Create(CultureInfo.InvariantCulture, $"{findings.Farms.Count} farms, {findings.Servers.Count} servers");
        return $"ATHENA {status} - {Harmless(text)} | {string.Join(' ', Data(findings))}";
    }

    /// <summary>For a service that was not reached.</summary>
    public static string Unknown(string why) => $"ATHENA UNKNOWN - {Harmless(why)}";

    /// <summary>label=value;warning;critical;least;most. A farm warns when a member is missing and is critical without any.</summary>
    private static IEnumerable<string> Data(Findings findings)
    {
        var servers = findings.Servers.Count;
        yield return Number("servers", servers);
        foreach (var (label, kind) in new[] { ("down", CauseKind.Down), ("check_failed", CauseKind.CheckFailed), ("out", CauseKind.Out), ("ejected", CauseKind.Ejected) })
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{label}={findings.Having(kind)};0;;0;{servers}");
        }
        yield return string.Create(CultureInfo.InvariantCulture, $"farms_without_server={findings.FarmsWithout};;0;0;{findings.Farms.Count}");
        foreach (var farm in findings.Farms)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"'{farm.Name}'={farm.AvailableMembers};;1:;0;{farm.Members.Count}");
        }
        yield return Number("in_flight", findings.Servers.Sum(s => s.InFlight));
    }

    private static string Number(string label, long value) => string.Create(CultureInfo.InvariantCulture, $"{label}={value};;;0");

    /// <summary>The bar parts text from data, so none may be in the text.</summary>
    private static string Harmless(string text) => Terminal.Clean(text).Replace('|', '/');
}
