namespace Athena.Service.Health.Ejection;

/// <summary>Who falls out of the row.</summary>
/// <remarks>Source: Envoy, outlier detection; gRPC A50.</remarks>
internal static class Outliers
{
    /// <summary>The success rate below which a member is ejected: mean − deviations · standard deviation, over the whole population.</summary>
    /// <param name="rates">Success rates, 0 to 1; at least one.</param>
    /// <param name="deviations">Standard deviations that are borne.</param>
    public static double SuccessRateLimit(ReadOnlySpan<double> rates, double deviations)
    {
        var (mean, squares) = (0.0, 0.0);
        foreach (var rate in rates)
        {
            mean += rate / rates.Length;
        }
        foreach (var rate in rates)
        {
            squares += (rate - mean) * (rate - mean);
        }
        return mean - (deviations * Math.Sqrt(squares / rates.Length));
    }

    /// <summary>Whether so many failures are too many. The limit itself is, as in Envoy; gRPC's text says "greater than".</summary>
    public static bool IsFailing(long failures, long total, double percent) => total > 0 && failures * 100.0 >= percent * total;

    /// <summary>How long an ejection lasts: base · multiplier, at most the longest.</summary>
    public static TimeSpan Duration(TimeSpan basis, TimeSpan longest, int multiplier) =>
        multiplier >= longest / basis ? longest : basis * multiplier;
}
