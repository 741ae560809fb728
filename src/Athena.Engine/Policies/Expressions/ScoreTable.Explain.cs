using Athena.Engine.Explaining;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies.Expressions;

/// <summary>What a pick went by, told; and a copy that stands still, to be told from.</summary>
internal sealed partial class ScoreTable
{
    /// <remarks>No farm's cells: scores that are no number are counted once, where they decide.</remarks>
    public object CopyFor(IReadOnlyList<Member> members)
    {
        var copy = new ScoreTable(new PolicySetup(members, _options), _options)
        {
            Shares = Shares?.Copy(),
            _rows = _rows.CopyFor([.. members]),
            _usualCost = Volatile.Read(ref _usualCost),
            _leastScore = Volatile.Read(ref _leastScore),
            _leasesSeen = _leasesSeen,
            _isStale = _isStale,
        };
        copy.StandAs(this);
        return copy;
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var terms = new List<ScoreTerm>();
        for (var i = 0; i < context.Members.Length; i++)
        {
            terms.Clear();
            Terms(context.Members[i].Index, terms);
            foreach (var term in terms)
            {
                trace.TermAged(i, term.Name, term.Value, term.Age);
            }
            if (Shares?.IsOver(context.Members[i].Index, CounterBlock.Mine) == true)
            {
                trace.OverShare(i);
            }
        }
        var rule = _options.Load.Rule;
        if (!_rows.HasReports)
        {
            trace.ByWeight(context, Draws);
            return;
        }
        switch (rule.Pick)
        {
            case PickMode.Best:
                trace.Best(context, new Ordered(this, Shares), Board);
                break;
            case PickMode.Proportional:
                trace.Score(context, new Shared(this));
                trace.Proportional(context, Draws, _usualCost / _options.Load.MaxShare, new Shared(this));
                break;
            default:
                trace.Score(context, new Ordered(this, shares: null));
                trace.BetterOfTwo(context, Draws, rule.Beta);
                break;
        }
    }
}
