using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Keeps a member from more than a multiple of its fair share between two of its reports, whatever it reports or fails to.</summary>
/// <remarks>
/// Over when given_i + 1 > multiple · w_i/W · (given + 1) + 10, both counted since the member's last report; the ten let an idle server of a quiet
/// farm have its few in a row. Members whose multiple reaches the whole are never over: with 3, those of farms of up to three equals.
/// Counted as servers' hand-outs are: <see cref="CounterBlock"/>.
/// </remarks>
internal sealed class HandOutShares
{
    private const int Allowance = 10;

    private readonly Count[] _members;

    /// <summary>A slot a member, and the last one for all of them.</summary>
    private readonly CounterBlock _given;

    public HandOutShares(IReadOnlyList<Member> members, double multiple)
    {
        var weight = members.Sum(m => m.EffectiveWeight);
        _members = [.. members.Select(m => new Count { MostOfAll = multiple * m.EffectiveWeight / weight })];
        _given = new CounterBlock(members.Count + 1);
    }

    private HandOutShares(HandOutShares live)
    {
        _members = [.. live._members];
        _given = new CounterBlock(_members.Length + 1);
        for (var slot = 0; slot <= _members.Length; slot++)
        {
            _given.Take(slot, live._given, slot);
        }
    }

    private int All => _members.Length;

    /// <summary>The same counts, from now on apart.</summary>
    public HandOutShares Copy() => new(this);

    public void HandedOut(int place)
    {
        _given.HandOut(All);
        _given.HandOut(place);
    }

    public void Reported(int place)
    {
        ref var member = ref _members[place];
        Volatile.Write(ref member.OwnAtReport, _given.Settle(place));
        Volatile.Write(ref member.AllAtReport, _given.Settle(All));
    }

    /// <summary>Whether a member is over its share, as a stripe of threads knows it.</summary>
    public bool IsOver(int place, int stripe)
    {
        ref var member = ref _members[place];
        if (member.MostOfAll >= 1)
        {
            return false;
        }
        var own = _given.Seen(place, stripe) - Volatile.Read(ref member.OwnAtReport);
        var all = _given.Seen(All, stripe) - Volatile.Read(ref member.AllAtReport);
        return own + 1 > (member.MostOfAll * (all + 1)) + Allowance;
    }

    private struct Count
    {
        public double MostOfAll;
        public long OwnAtReport;
        public long AllAtReport;
    }
}
