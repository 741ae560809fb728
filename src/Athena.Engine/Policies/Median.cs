namespace Athena.Engine.Policies;

/// <summary>The middle of some numbers; the average of the two middle ones when their count is even.</summary>
internal static class Median
{
    /// <summary>The median of at least one number. Sorts them.</summary>
    public static double Of(Span<double> numbers)
    {
        numbers.Sort();
        var n = numbers.Length;
        return (n & 1) == 1 ? numbers[n / 2] : (numbers[(n / 2) - 1] + numbers[n / 2]) / 2;
    }

    /// <summary>The median, or the mean while the median is zero.</summary>
    public static double OrMean(Span<double> numbers)
    {
        if (Of(numbers) is var median && median > 0)
        {
            return median;
        }
        var sum = 0.0;
        foreach (var number in numbers)
        {
            sum += number;
        }
        return sum / numbers.Length;
    }
}
