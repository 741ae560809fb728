using Athena.Engine.Explaining;

namespace Athena.Engine.Policies;

/// <summary>Picks at random, in proportion to weights.</summary>
/// <remarks>O(1), no allocation: an alias table made once per change. Filtered members: O(n).</remarks>
internal sealed class RandomPolicy : IBalancingPolicy
{
    public string Name => "random";

    public bool IsSampling => true;

    public object? Prepare(PolicySetup setup) => WeightedDraw.Prepare(setup.Members);

    public int Pick(in PickContext context) => WeightedDraw.Pick(context, (AliasTable?)context.Prepared, Draw.Bits(context.Seed));

    public void Explain(in PickContext context, PickTrace trace) => trace.ByWeight(context, (AliasTable?)context.Prepared);
}
