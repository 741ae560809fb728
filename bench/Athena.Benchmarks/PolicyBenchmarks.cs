using Athena.Engine.Farms;
using Athena.Engine.Policies;
using BenchmarkDotNet.Attributes;

namespace Athena.Benchmarks;

/// <summary>Each policy alone, on a prepared group, with its seed from where the balancer takes it.</summary>
/// <remarks>The loop alone, with both kinds of seed and a policy that picks nothing, says what of the figures is not the policy.</remarks>
public class PolicyBenchmarks
{
    private const int Picks = 1000;
    private const string LoopCounter = "loop, counter";
    private const string LoopRandom = "loop, random";

    private IBalancingPolicy _policy = null!;
    private PickGroup _group = null!;
    private FarmCells? _sequence;
    private object? _options;

    /// <summary>The policy.</summary>
    [Params(LoopCounter, LoopRandom, Fleets.RoundRobin, Fleets.RoundRobinWeighted, Fleets.Random, Fleets.RandomWeighted, Fleets.LeastLoadTwoChoices, Fleets.LeastLoadBest,
        Fleets.LeastLoadProportional, Fleets.Sum, Fleets.LeastRequests, Fleets.PeakEwma, Fleets.PeakEwmaBest, Fleets.LeastTimeTwoChoices, Fleets.LeastTimeBest, Fleets.WeightedLoad, Fleets.Prequal, Fleets.ConsistentHash, Fleets.ExpressionTwoChoices, Fleets.ExpressionBest,
        Fleets.ExpressionProportional)]
    public string Policy { get; set; } = "";

    /// <summary>Members of the farm.</summary>
    [Params(10, 1000, 10_000)]
    public int Members { get; set; }

    /// <summary>Prepares the farm.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var isLoop = Policy is LoopCounter or LoopRandom;
        // Held, so that scores are kept current as in the service.
        var farm = Fleets.Hold(Fleets.Make(isLoop ? Fleets.Random : Policy, Members)).Current.Farms[0];
        _policy = isLoop ? new FirstPolicy(Policy == LoopCounter ? SeedSource.Sequence : SeedSource.Random) : farm.Policy;
        _sequence = _policy.Seeds == SeedSource.Sequence ? farm.Cells : null;
        (_group, _options) = (farm.Groups[0], farm.PolicyOptions);
    }

    /// <summary>Picks.</summary>
    [Benchmark(OperationsPerInvoke = Picks)]
    public int Pick()
    {
        var sum = 0;
        for (var i = 0; i < Picks; i++)
        {
            var seed = _sequence is not null ? _sequence.NextSequence() : (ulong)Random.Shared.NextInt64();
            sum += _policy.Pick(new PickContext(_group.Array, isWhole: true, _group.Prepared, _options, seed, _sequence));
        }
        return sum;
    }

    private sealed class FirstPolicy(SeedSource seeds) : IBalancingPolicy
    {
        public string Name => "first";

        public SeedSource Seeds => seeds;

        public int Pick(in PickContext context) => 0;
    }
}
