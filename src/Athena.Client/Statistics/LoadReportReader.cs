using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Athena.Engine.Statistics;
using Athena.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Athena.Client.Statistics;

/// <summary>Reads the load that a server reports with its answer (ORCA), in each of its spellings. A report with any fault is refused as a whole.</summary>
/// <remarks>Source of the spellings: gRPC proposal A51 and Envoy's `orca_parser`.</remarks>
public static class LoadReportReader
{
    /// <summary>gRPC trailer or header: base64 of the message, with or without padding. Looked at first.</summary>
    public const string BinaryName = "endpoint-load-metrics-bin";

    /// <summary>Header or trailer: `TEXT name=value,...`, `JSON {...}` or `BIN base64`.</summary>
    public const string TextName = "endpoint-load-metrics";

    private const int MaxLength = 16 << 10;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Reads the value of <see cref="TextName"/>.</summary>
    /// <returns>False when it is none, or has a fault.</returns>
    public static bool TryReadText(string value, [NotNullWhen(true)] out LoadReport? report)
    {
        ArgumentNullException.ThrowIfNull(value);
        report = null;
        if (value.Length > MaxLength)
        {
            return false;
        }
        return value.StartsWith("TEXT ", StringComparison.Ordinal) ? IsGood(Pairs(value.AsSpan(5)), out report)
            : value.StartsWith("JSON ", StringComparison.Ordinal) ? IsGood(Json(value[5..]), out report)
            : value.StartsWith("BIN ", StringComparison.Ordinal) && TryReadBinary(value[4..], out report);
    }

    /// <summary>Reads the value of <see cref="BinaryName"/>.</summary>
    /// <returns>False when it is none, or has a fault.</returns>
    public static bool TryReadBinary(string value, [NotNullWhen(true)] out LoadReport? report)
    {
        ArgumentNullException.ThrowIfNull(value);
        report = null;
        if (value.Length is 0 or > MaxLength)
        {
            return false;
        }
        try
        {
            var bytes = Convert.FromBase64String(value.TrimEnd('=').PadRight((value.TrimEnd('=').Length + 3) / 4 * 4, '='));
            return IsGood(LoadReport.Parser.ParseFrom(bytes), out report);
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static LoadReport? Pairs(ReadOnlySpan<char> text)
    {
        var report = new LoadReport();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var range in text.Split(','))
        {
            var pair = text[range].Trim(' ');
            var sign = pair.IndexOfAny('=', ':');
            if (sign < 1 || !double.TryParse(pair[(sign + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }
            var name = pair[..sign].ToString();
            if (!seen.Add(name) || !Set(report, name, number))
            {
                return null;
            }
        }
        return report;
    }

    private static bool Set(LoadReport report, string name, double number)
    {
        switch (name)
        {
            case "cpu_utilization":
                report.CpuUtilization = number;
                return true;
            case "mem_utilization":
                report.MemUtilization = number;
                return true;
            case "application_utilization":
                report.ApplicationUtilization = number;
                return true;
            case "rps_fractional":
                report.RpsFractional = number;
                return true;
            case "eps":
                report.Eps = number;
                return true;
            default:
                return TryAdd(report.NamedMetrics, "named_metrics.", name, number) || TryAdd(report.Utilization, "utilization.", name, number)
                    || TryAdd(report.RequestCost, "request_cost.", name, number);
        }
    }

    private static bool TryAdd(MapField<string, double> into, string prefix, string name, double number)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }
        into[name[prefix.Length..]] = number;
        return true;
    }

    private static LoadReport? Json(string text)
    {
        try
        {
            // The parser of messages takes the last of two equal names.
            using var _ = JsonDocument.Parse(text, Strict);
            return JsonParser.Default.Parse<LoadReport>(text);
        }
        catch (Exception e) when (e is JsonException or InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static bool IsGood(LoadReport? read, [NotNullWhen(true)] out LoadReport? report)
    {
        report = null;
        if (read is null || !IsPart(read.MemUtilization) || !read.Utilization.Values.All(IsPart) || StatisticBoard.Check([.. Numbers(read)]).Count > 0)
        {
            return false;
        }
        report = read;
        return true;
    }

    private static bool IsPart(double value) => value is >= 0 and <= 1;

    /// <summary>By the names that they become statistics under; an empty key makes a name that no statistic has.</summary>
    private static IEnumerable<KeyValuePair<string, double>> Numbers(LoadReport report) =>
    [
        new("cpu_utilization", report.CpuUtilization), new("mem_utilization", report.MemUtilization), new("application_utilization", report.ApplicationUtilization),
        new("rps_fractional", report.RpsFractional), new("eps", report.Eps),
        .. Named(report.Utilization, "utilization."), .. Named(report.NamedMetrics, "named_metrics."), .. Named(report.RequestCost, "request_cost."),
    ];

    private static IEnumerable<KeyValuePair<string, double>> Named(MapField<string, double> numbers, string prefix) =>
        numbers.Select(n => new KeyValuePair<string, double>(n.Key.Length > 0 ? prefix + n.Key : "", n.Value));
}
