using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>What a policy that scores keeps of a group's members, kept current as reports, hand-outs, ended leases and time change it: what its tables have in common.</summary>
/// <remarks>
/// From the publication of its snapshot to that of a later one it hears of changes through <see cref="LoadWatchers"/>. With boards the scores lie in
/// <see cref="ScoreBoards"/>, and a pick of the best looks at n/64 + 64 numbers. No lock.
/// </remarks>
internal abstract class ScoredTable : IRefreshed, IWatching, IWatchesLoad, IScored
{
    private readonly Member[] _members;
    private bool _isWatched;
    private long _refreshedAt = long.MinValue;

    protected ScoredTable(Member[] members, bool hasBoards)
    {
        _members = members;
        Boards = hasBoards ? new ScoreBoards(this, Array.ConvertAll(members, m => m.EffectiveWeight)) : null;
    }

    public virtual bool WantsChanges => Boards is not null;

    /// <summary>Whether it must hear of reports.</summary>
    protected virtual bool WantsReports => true;

    /// <summary>Whether there is anything to score by.</summary>
    protected abstract bool HasNumbers { get; }

    /// <summary>The scores; null where they are worked out for each pick.</summary>
    protected ScoreBoards? Boards { get; }

    /// <summary>Whether what it keeps is current.</summary>
    protected bool IsWatched => Volatile.Read(ref _isWatched);

    /// <summary>The board that this thread picks the best by; null where there is none.</summary>
    protected ScoreBoard? Board => IsWatched ? Boards?.Mine() : null;

    public abstract double BoardScore(int place, int stripe);

    public virtual void HandedOut(int place, bool isTold) => Boards?.HandedOut(place, isTold);

    public virtual void Ended(int place) => Boards?.Mark(place);

    public virtual void Reported(int place) => Boards?.Mark(place);

    public void Watch()
    {
        for (var i = 0; i < _members.Length && (WantsReports || WantsChanges); i++)
        {
            _members[i].Server.Cells.Watch(this, i);
        }
        Renew();
        Volatile.Write(ref _isWatched, true);
        if (HasNumbers)
        {
            Boards?.Prepare(_members.Aggregate(0U, (used, m) => used | m.Counters.Block.Used));
        }
    }

    public void Unwatch()
    {
        Volatile.Write(ref _isWatched, false);
        foreach (var member in _members)
        {
            member.Server.Cells.Unwatch(this);
        }
    }

    public void Refresh(in RefreshTime time)
    {
        // Period as work: 10 us a member.
        if (_refreshedAt != long.MinValue && time.SecondsSince(_refreshedAt) < _members.Length * 1e-5)
        {
            return;
        }
        _refreshedAt = time.Timestamp;
        Pass(time);
        Renew();
        Boards?.Renew();
    }

    /// <summary>Brings to now what time alone changes.</summary>
    protected abstract void Pass(in RefreshTime time);

    /// <summary>Takes the medians anew, and with them all that rests on them but the boards.</summary>
    protected abstract void Renew();

    /// <summary>As <see cref="Renew"/>, for a pick: each stripe takes up the scores when it picks.</summary>
    protected void RenewNow()
    {
        Renew();
        Boards?.MarkAll();
    }

    /// <summary>The best of the context's members, by the boards where there are any.</summary>
    protected int Best<T>(in PickContext context, T costs)
        where T : struct, IMemberCosts
    {
        // Who is over its share has no score until its own next change or the next refresh; when that is everybody, until now.
        for (var k = 0; k < 2 && Board is { } board; k++)
        {
            if ((context.IsWhole ? board.Pick(context.Seed) : LeastOf(context, board)) is var place && place >= 0)
            {
                return place;
            }
            RenewNow();
        }
        return ScoredPick.Best(context, costs);
    }

    /// <summary>As far along as another one, for a copy of it.</summary>
    protected void StandAs(ScoredTable live) => (_isWatched, _refreshedAt) = (live.IsWatched, live._refreshedAt);

    /// <summary>The least score of filtered members; -1 when all are infinite.</summary>
    private static int LeastOf(in PickContext context, ScoreBoard scores)
    {
        var ties = new ScoredPick.Ties(context.Seed);
        for (var i = 0; i < context.Members.Length; i++)
        {
            var score = scores[context.Members[i].Index];
            if (!double.IsPositiveInfinity(score))
            {
                ties.Offer(i, score, context.Members[i].EffectiveWeight);
            }
        }
        return ties.Best;
    }
}
