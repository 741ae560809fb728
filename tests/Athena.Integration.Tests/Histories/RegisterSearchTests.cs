using System.Globalization;
using static Athena.Integration.Tests.Histories.RegisterOperationKind;

namespace Athena.Integration.Tests.Histories;

/// <summary>The search for an order is itself held to histories that are known to be good or bad, and to trying every order.</summary>
public sealed class RegisterSearchTests
{
    private static RegisterOperation Op(int replica, RegisterOperationKind kind, string? value, long start, long end, string? expected = null) => new(replica, kind, value, start, end, expected);

    private static void Explained(params RegisterOperation[] history) => Assert.Null(RegisterSearch.Fault(history));

    private static void Refused(params RegisterOperation[] history) => Assert.NotNull(RegisterSearch.Fault(history));

    [Fact]
    public void A_history_of_nothing_is_explained() => Explained();

    [Fact]
    public void Writes_at_the_same_time_may_stand_in_either_order()
    {
        RegisterOperation[] both = [Op(0, Write, "a", 1, 4), Op(1, Write, "b", 2, 3)];
        Explained([.. both, Op(0, ReadOfAll, "a", 5, 6)]);
        Explained([.. both, Op(0, ReadOfAll, "b", 5, 6)]);
        Refused([.. both, Op(0, ReadOfAll, "b", 5, 6), Op(0, ReadOfAll, "a", 7, 8)]);
    }

    [Fact]
    public void A_lost_update_is_refused()
    {
        Refused(Op(0, Write, "a", 1, 2), Op(0, Read, null, 3, 4));
        // Two swaps of one value: one of them did not look.
        Refused(Op(0, Write, "a", 1, 2), Op(0, Swap, "b", 3, 5, "a"), Op(1, Swap, "c", 4, 6, "a"));
        Explained(Op(0, Write, "a", 1, 2), Op(0, Swap, "b", 3, 5, "a"), Op(1, Swap, "c", 4, 6, "b"));
    }

    [Fact]
    public void A_stale_read_is_refused_where_a_fresh_one_is_promised()
    {
        RegisterOperation[] writes = [Op(0, Write, "a", 1, 2), Op(0, Write, "b", 3, 4)];
        Refused([.. writes, Op(1, ReadOfAll, "a", 5, 6)]);
        // Another replica may be behind; the one that answered may not.
        Explained([.. writes, Op(1, Read, "a", 5, 6)]);
        Refused([.. writes, Op(0, Read, "a", 5, 6)]);
    }

    [Fact]
    public void A_replica_never_takes_back_what_it_told()
    {
        RegisterOperation[] writes = [Op(0, Write, "a", 1, 2), Op(0, Write, "b", 3, 4)];
        Explained([.. writes, Op(1, Read, "a", 5, 6), Op(1, Read, "b", 7, 8), Op(2, Read, "a", 9, 10)]);
        Refused([.. writes, Op(1, Read, "b", 5, 6), Op(1, Read, "a", 7, 8)]);
    }

    [Fact]
    public void A_dirty_read_is_refused()
    {
        // Of what nobody wrote, of what was not yet asked for, of a swap that cannot have been done.
        Refused(Op(0, Read, "a", 1, 2));
        Refused(Op(1, Read, "a", 1, 2), Op(0, Write, "a", 3, 4));
        Refused(Op(0, Write, "b", 1, 2), Op(0, Swap, "a", 3, RegisterOperation.Never, "c"), Op(1, Read, "a", 4, 5));
    }

    [Fact]
    public void Replicas_that_tell_changes_in_different_orders_are_refused() =>
        Refused(Op(0, Write, "a", 1, 10), Op(1, Write, "b", 2, 11), Op(2, Read, "a", 3, 4), Op(2, Read, "b", 5, 6), Op(3, Read, "b", 3, 4), Op(3, Read, "a", 7, 8));

    [Fact]
    public void A_swap_that_was_refused_met_another_value()
    {
        Explained(Op(0, Write, "a", 1, 2), Op(1, Refusal, null, 3, 4));
        Refused(Op(0, Write, "a", 1, 2), Op(1, Refusal, null, 3, 4, "a"));
        Explained(Op(0, Write, "a", 1, 2), Op(0, Write, "b", 3, 8), Op(1, Refusal, null, 4, 5, "a"));
    }

    [Fact]
    public void What_was_not_answered_may_be_done_later_or_never_but_not_twice()
    {
        var lost = Op(0, Write, "a", 1, RegisterOperation.Never);
        Explained(lost, Op(0, Write, "b", 2, 3), Op(1, ReadOfAll, "b", 4, 5));
        Explained(lost, Op(0, Write, "b", 2, 3), Op(1, ReadOfAll, "b", 4, 5), Op(1, ReadOfAll, "a", 6, 7));
        Refused(lost, Op(0, Write, "b", 2, 3), Op(1, ReadOfAll, "a", 4, 5), Op(1, ReadOfAll, "b", 6, 7), Op(1, ReadOfAll, "a", 8, 9));
    }

    [Fact]
    public void A_long_history_with_one_wrong_read_is_refused_in_good_time()
    {
        var history = Enumerable.Range(0, 60_000).Select(i => i % 2 == 0
            ? Op(i % 3, Write, Text(i), (10L * i) + 1, (10L * i) + 45)
            : Op(i % 3, Read, Text(i - 1), (10L * i) + 40, (10L * i) + 45)).ToList();
        Explained([.. history]);
        Refused([.. history, Op(1, Read, Text(58_000), 700_000, 700_001)]);
    }

    /// <summary>Small histories, made by chance: some by a register that works, some by one that is broken. The search must say of each what trying every order says.</summary>
    [Fact]
    public void The_search_says_what_trying_every_order_says()
    {
        var (good, bad) = (0, 0);
        for (var seed = 0; seed < 30_000; seed++)
        {
            var history = Small(new Random(seed));
            var (found, tried) = (RegisterSearch.Fault(history) is null, IsExplained([.. history], null));
            Assert.True(found == tried, $"seed {seed}: the search says {found} of {string.Join(' ', history.AsEnumerable())}");
            _ = found ? good++ : bad++;
        }
        Assert.True(good > 3000 && bad > 3000, $"{good} good and {bad} bad ones say little");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static RegisterOperation[] Small(Random random)
    {
        var count = random.Next(2, 8);
        var times = Enumerable.Range(1, 2 * count).Select(t => (long)t).ToArray();
        if (random.Next(2) == 0)
        {
            random.Shuffle(times);
        }
        string? Value() => random.Next(4) is > 0 and var v ? Text(random.Next(1, v + 1)) : null;
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var (a, b) = (times[2 * i], times[(2 * i) + 1]);
            var kind = (RegisterOperationKind)random.Next(5);
            var isWrite = kind is Write or Swap;
            var end = isWrite && random.Next(6) == 0 ? RegisterOperation.Never : Math.Max(a, b);
            return Op(random.Next(2), kind, isWrite ? Text(random.Next(1, 4)) : kind == Refusal ? null : Value(), Math.Min(a, b), end, kind is Swap or Refusal ? Value() : null);
        })];
    }

    /// <summary>Whether some order of what is left goes on from a value.</summary>
    private static bool IsExplained(List<RegisterOperation> left, string? value)
    {
        if (left.All(o => o.End == RegisterOperation.Never))
        {
            return true;
        }
        return left.Exists(next =>
        {
            var fits = next.Kind switch
            {
                Write => true,
                Swap => next.Expected == value,
                Refusal => next.Expected != value,
                _ => next.Value == value,
            };
            return fits && !left.Exists(o => o.IsBefore(next)) && IsExplained([.. left.Where(o => o != next)], next.Kind is Write or Swap ? next.Value : value);
        });
    }
}
