using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>How long the work of a group's members takes, by outcomes: that in which the policies differ that go by latency.</summary>
/// <typeparam name="T">The type itself: a structure, so that nothing is called through a table.</typeparam>
internal interface ILatencies<T>
    where T : struct, ILatencies<T>
{
    /// <summary>Those of these members, with the time in which what was learned fades to 1/e.</summary>
    static abstract T Of(IReadOnlyList<Member> members, TimeSpan decay);

    /// <summary>What stands for a member without an outcome, from the group's median for one that is alone.</summary>
    static abstract double Assumed(double median, long inFlight);

    /// <summary>Expected latency, in milliseconds, of work that a member begins as one of so many in flight, failures aside; NaN before its first success.</summary>
    double At(int place, long inFlight);

    /// <summary>Lets a member's latency fade to what it is now, in monotonic seconds.</summary>
    void Fade(int place, double now);
}
