using Athena.Engine.Explaining;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>Picks the member with the least weighted sum of statistics for its weight: sum of coefficient · statistic.</summary>
/// <remarks>As <see cref="LeastLoadPolicy"/> with several statistics. What mod_athena's users did with `c`, `m`, `0cus`.</remarks>
internal sealed class SumPolicy : IBalancingPolicy
{
    /// <summary>Most statistics in one sum.</summary>
    private const int MaxTerms = 16;

    private const double MaxCoefficient = 1e9;

    public string Name => "sum";

    public object? ReadOptions(PolicyParameters parameters)
    {
        var terms = new List<(string, double)>();
        foreach (var name in parameters.Below("Statistics"))
        {
            var coefficient = parameters.Number($"Statistics:{name}", 0, 0, MaxCoefficient);
            if (!StatisticNames.IsValid(name))
            {
                parameters.Fault($"Statistics:{name}", $"'{name}' is not the name of a statistic");
            }
            else if (coefficient > 0)
            {
                terms.Add((name, coefficient));
            }
        }
        if (terms.Count is 0 or > MaxTerms)
        {
            parameters.Fault("Statistics", $"{terms.Count} statistics with a coefficient above zero; there must be from 1 to {MaxTerms}");
        }
        return LoadOptions.Read(parameters, [.. terms]);
    }

    public object? Prepare(PolicySetup setup) => new LoadTable(setup.Members, (LoadOptions)setup.Options!);

    public int Pick(in PickContext context) => ((LoadTable)context.Prepared!).Pick(context);

    public void Explain(in PickContext context, PickTrace trace) => ((LoadTable)context.Prepared!).Explain(context, trace);
}
