using Athena.Engine.Explaining;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>What a pick went by, told; and a copy that stands still, to be told from.</summary>
internal sealed partial class LoadTable
{
    public object CopyFor(IReadOnlyList<Member> members)
    {
        Member[] copies = [.. members];
        var atMedian = _atMedian.ToArray();
        var copy = new LoadTable(copies, _options, atMedian, Array.ConvertAll(_terms, t => t.CopyFor(copies, atMedian)))
        {
            Shares = Shares?.Copy(),
            _isStale = _isStale,
            _hasUnknown = _hasUnknown,
            _hasReports = _hasReports,
            _usualLoad = Volatile.Read(ref _usualLoad),
        };
        copy.StandAs(this);
        for (var i = 0; i < members.Count; i++)
        {
            if (i < _entries.Length)
            {
                copy._entries[i] = _entries[i] with { Counters = members[i].Counters };
            }
        }
        return copy;
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        for (var i = 0; i < context.Members.Length; i++)
        {
            ExplainTerms(context, i, trace);
        }
        if (!_hasReports)
        {
            trace.ByWeight(context, Draws);
            return;
        }
        switch (_options.Rule.Pick)
        {
            case PickMode.Best:
                trace.Best(context, new LoadsWithinShare(this), Board);
                break;
            default:
                trace.ByRule(context, Draws, _options.Rule, new Loads(this));
                break;
        }
    }

    /// <summary>The parts of <see cref="LoadOf"/>.</summary>
    private void ExplainTerms(in PickContext context, int place, PickTrace trace)
    {
        var member = context.Members[place];
        var server = member.Counters;
        if (Shares?.IsOver(member.Index, CounterBlock.Mine) == true)
        {
            trace.OverShare(place);
        }
        var fewest = long.MaxValue;
        for (var k = 0; k < _terms.Length; k++)
        {
            var (number, cell, (name, coefficient)) = (_terms[k].Of(member.Index), _terms[k][member.Index], _options.Statistics[k]);
            var handOuts = number.Mark.Until(HandOutMark.Seen(server));
            fewest = Math.Min(fewest, handOuts);
            trace.Term(place, name, number.Value, cell.IsReported ? cell.ReportedAt : null, coefficient, assumed: !number.IsKnown);
            if (!HasSetCost)
            {
                trace.Term(place, $"{name}.hand_outs", handOuts);
                trace.Term(place, $"{name}.hand_out_cost", number.Cost, coefficient: coefficient, assumed: !number.IsKnown || double.IsNaN(cell.HandOutCost));
            }
        }
        if (HasSetCost)
        {
            trace.Term(place, "hand_outs", fewest);
            trace.Term(place, "hand_out_cost", _options.HandOutCost);
        }
        trace.Term(place, "in_flight", server.InFlight);
    }
}
