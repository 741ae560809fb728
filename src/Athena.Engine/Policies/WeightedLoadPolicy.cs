using Athena.Engine.Explaining;
using Athena.Engine.Farms;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>Picks in turn, in proportion to weights that follow from ORCA reports: <see cref="OrcaCell"/>.</summary>
/// <remarks>
/// A static stride schedule, made anew by the refresher in every update period. A member without a weight has the median of the others; with fewer
/// than two known ones the members' own weights decide. Reported weights multiply members' own. O(1); filtered members: O(n).
/// Source: gRPC A58; the median: Envoy, client_side_weighted_round_robin.
/// </remarks>
internal sealed class WeightedLoadPolicy : IBalancingPolicy
{
    private const int MaxMetrics = 16;

    public string Name => "weighted_load";

    public SeedSource Seeds => SeedSource.Sequence;

    public bool IsSampling => true;

    public object? ReadOptions(PolicyParameters parameters)
    {
        var metrics = parameters.List("Metrics", []);
        if (metrics.Count > MaxMetrics)
        {
            parameters.Fault("Metrics", $"{metrics.Count} names; at most {MaxMetrics} are taken");
        }
        foreach (var metric in metrics.Where(m => !StatisticNames.IsValid(m)))
        {
            parameters.Fault("Metrics", $"'{metric}' is not the name of a statistic");
        }
        return new OrcaOptions(
            parameters.Span("Blackout", TimeSpan.FromSeconds(10), TimeSpan.Zero, TimeSpan.FromHours(1))!.Value,
            parameters.Span("Expiration", TimeSpan.FromSeconds(180), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1))!.Value,
            parameters.Span("Update", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10))!.Value,
            parameters.Number("Penalty", 1, 0, 1e6),
            string.Join(',', metrics));
    }

    public object? Prepare(PolicySetup setup) => new OrcaTable(setup.Members, (OrcaOptions)setup.Options!);

    public int Pick(in PickContext context)
    {
        var table = (OrcaTable)context.Prepared!;
        return context.IsWhole ? table.Current.Schedule.Pick(context) : ByShare(context, table.Current.Weights);
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var table = (OrcaTable)context.Prepared!;
        trace.Rule = context.IsWhole ? "stride" : "share_of_turn";
        trace.Step("turn", context.Seed, Pick(context));
        table.Explain(context, trace);
    }

    /// <summary>As <see cref="RoundRobinPolicy"/> does for filtered members.</summary>
    private static int ByShare(in PickContext context, double[] weights)
    {
        var total = 0.0;
        foreach (var member in context.Members)
        {
            total += weights[member.Index];
        }
        var left = total * Draw.Unit(context.Seed * 0x9E3779B97F4A7C15);
        for (var i = 0; i < context.Members.Length; i++)
        {
            left -= weights[context.Members[i].Index];
            if (left < 0)
            {
                return i;
            }
        }
        return context.Members.Length - 1;
    }

    /// <summary>Weights and their schedule, swapped as one.</summary>
    private sealed record Weighting(double[] Weights, StrideSchedule Schedule);

    private sealed class OrcaTable : IRefreshed, ICopied
    {
        private readonly Member[] _members;
        private readonly OrcaOptions _options;
        private readonly OrcaCell[] _cells;
        private volatile Weighting _current;
        private long _refreshedAt = long.MinValue;

        public OrcaTable(IReadOnlyList<Member> members, OrcaOptions options)
        {
            (_members, _options) = ([.. members], options);
            _cells = [.. members.Select(m => m.Server.Cells.Orca.GetOrAdd(options, _ => new OrcaCell(m.Server.Cells.Statistics, options)))];
            _current = Made(Array.ConvertAll(_cells, c => c.LastWeight));
        }

        public Weighting Current => _current;

        public object CopyFor(IReadOnlyList<Member> members) => new OrcaTable(members, _options) { _current = _current };

        /// <summary>Members' weights, and the reports that they follow from.</summary>
        public void Explain(in PickContext context, PickTrace trace)
        {
            var weights = _current.Weights;
            for (var i = 0; i < context.Members.Length; i++)
            {
                var place = context.Members[i].Index;
                trace.Weight(i, weights[place]);
                trace.Term(i, "orca_weight", weights[place] / _members[place].EffectiveWeight, assumed: double.IsNaN(_cells[place].LastWeight));
                _cells[place].Explain(i, trace);
            }
        }

        public void Refresh(in RefreshTime time)
        {
            if (_refreshedAt != long.MinValue && time.SecondsSince(_refreshedAt) < _options.Update.TotalSeconds)
            {
                return;
            }
            _refreshedAt = time.Timestamp;
            var weights = new double[_cells.Length];
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = _cells[i].WeightAt(time);
            }
            _current = Made(weights);
        }

        private Weighting Made(double[] weights)
        {
            var known = weights.Where(w => !double.IsNaN(w)).ToArray();
            var other = known.Length < 2 ? 1 : Median.Of(known);
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = _members[i].EffectiveWeight * (known.Length < 2 || double.IsNaN(weights[i]) ? other : weights[i]);
            }
            return new Weighting(weights, new StrideSchedule(weights));
        }
    }
}
