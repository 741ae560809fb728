using Athena.Engine.Explaining;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>Picks the member with the least load for its weight, the load being one statistic.</summary>
/// <remarks>
/// What the statistic stands at by now is <see cref="LoadTable"/>'s business, the way from there to a pick <see cref="ScoredPick"/>'s. While
/// nobody has reported, weights alone decide. Two choices and proportional: O(1). Best: O(n), by SIMD.
/// </remarks>
internal sealed class LeastLoadPolicy : IBalancingPolicy
{
    public string Name => "least_load";

    public object? ReadOptions(PolicyParameters parameters)
    {
        var statistic = parameters.Text("Statistic", "load");
        if (!StatisticNames.IsValid(statistic))
        {
            parameters.Fault("Statistic", $"'{statistic}' is not the name of a statistic");
        }
        return LoadOptions.Read(parameters, [(statistic, 1)]);
    }

    public object? Prepare(PolicySetup setup) => new LoadTable(setup.Members, (LoadOptions)setup.Options!);

    public int Pick(in PickContext context) => ((LoadTable)context.Prepared!).Pick(context);

    public void Explain(in PickContext context, PickTrace trace) => ((LoadTable)context.Prepared!).Explain(context, trace);
}
