using System.Runtime.InteropServices;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Keeps a member from more than a multiple of its fair share between two of its reports, whatever it reports or fails to.</summary>
/// <remarks>
/// Over when given_i + 1 > multiple · w_i/W · (given + 1) + 10, both counted since the member's last report; the ten let an idle server of a quiet
/// farm have its few in a row. Members whose multiple reaches the whole are never over: with 3, those of farms of up to three equals.
/// </remarks>
internal sealed class HandOutShares
{
    private const int Allowance = 10;

    private readonly double[] _mostOfAll;
    private readonly Counts[] _members;
    private Total _total;

    public HandOutShares(IReadOnlyList<Member> members, double multiple)
    {
        var weight = members.Sum(m => m.EffectiveWeight);
        _mostOfAll = [.. members.Select(m => multiple * m.EffectiveWeight / weight)];
        _members = new Counts[members.Count];
    }

    private HandOutShares(HandOutShares live)
    {
        (_mostOfAll, _members, _total) = (live._mostOfAll, [.. live._members], live._total);
    }

    /// <summary>The same counts, from now on apart.</summary>
    public HandOutShares Copy() => new(this);

    public void HandedOut(int place)
    {
        Interlocked.Increment(ref _total.HandOuts);
        Interlocked.Increment(ref _members[place].HandOuts);
    }

    public void Reported(int place)
    {
        ref var member = ref _members[place];
        Volatile.Write(ref member.OwnAtReport, Volatile.Read(ref member.HandOuts));
        Volatile.Write(ref member.AllAtReport, Volatile.Read(ref _total.HandOuts));
    }

    public bool IsOver(int place)
    {
        if (_mostOfAll[place] >= 1)
        {
            return false;
        }
        ref var member = ref _members[place];
        var own = Volatile.Read(ref member.HandOuts) - Volatile.Read(ref member.OwnAtReport);
        var all = Volatile.Read(ref _total.HandOuts) - Volatile.Read(ref member.AllAtReport);
        return own + 1 > (_mostOfAll[place] * (all + 1)) + Allowance;
    }

    private struct Counts
    {
        public long HandOuts;
        public long OwnAtReport;
        public long AllAtReport;
    }

    /// <summary>A cache line of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Total
    {
        [FieldOffset(64)]
        public long HandOuts;
    }
}
