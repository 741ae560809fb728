using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Statistics;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Engine.Tests.Leases;

public class LeaseTableTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private readonly ServerCells _server = new("a", new StatisticNames());
    private readonly FarmCells _farm = new();
    private readonly LeaseTable _table;

    public LeaseTableTests() => _table = new LeaseTable(_time);

    [Fact]
    public void A_lease_is_open_until_its_outcome()
    {
        var lease = Open();
        Assert.Equal((1L, 1L, 1L), (_table.Open, _server.InFlight, _farm.InFlight));
        Assert.Equal(OutcomeResult.Recorded, _table.Close(lease, OutcomeKind.Success, out var server));
        Assert.Same(_server, server);
        AssertIdle();
    }

    [Theory]
    [InlineData(OutcomeKind.Success, 1, 0)]
    [InlineData(OutcomeKind.ServerError, 0, 1)]
    [InlineData(OutcomeKind.ConnectFailure, 0, 1)]
    [InlineData(OutcomeKind.Timeout, 0, 1)]
    [InlineData(OutcomeKind.Cancelled, 0, 0)]
    public void Outcomes_are_counted_as_success_or_failure(OutcomeKind kind, long successes, long failures)
    {
        _table.Close(Open(), kind, out _);
        Assert.Equal((successes, failures), (_server.Successes, _server.Failures));
    }

    [Fact]
    public void A_second_report_is_harmless_and_says_so()
    {
        var lease = Open();
        Close(lease);
        Assert.Equal(OutcomeResult.AlreadyReported, _table.Close(lease, OutcomeKind.ServerError, out var server));
        Assert.Null(server);
        Assert.Equal((1L, 0L), (_server.Successes, _server.Failures));
        AssertIdle();
    }

    [Fact]
    public void A_lease_ends_by_itself_when_its_time_is_over()
    {
        var lease = Open();
        _time.Advance(Minute - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _table.Sweep());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _table.Sweep());
        Assert.Equal(1, _table.Expired);
        AssertIdle();
        Assert.Equal(OutcomeResult.Expired, Close(lease));
        Assert.Equal(0, _server.Successes);
        Assert.Equal(0, _table.Sweep());
    }

    [Fact]
    public void A_late_report_before_the_sweep_still_counts()
    {
        var lease = Open();
        _time.Advance(Minute * 2);
        Assert.Equal(OutcomeResult.Recorded, Close(lease));
        Assert.Equal(0, _table.Sweep());
    }

    [Fact]
    public void Each_lease_has_its_own_time()
    {
        _table.OpenFor(Entered(), _farm, isLimited: false, TimeSpan.FromSeconds(10));
        _table.OpenFor(Entered(), _farm, isLimited: false, TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, _table.Sweep());
        Assert.Equal(1, _table.Open);
    }

    [Fact]
    public void The_longest_time_out_never_ends()
    {
        _table.OpenFor(Entered(), _farm, isLimited: false, TimeSpan.MaxValue);
        _time.Advance(TimeSpan.FromDays(10_000));
        Assert.Equal(0, _table.Sweep());
        Assert.Equal(1, _table.Open);
    }

    [Fact]
    public void A_number_is_never_given_twice()
    {
        var numbers = new HashSet<ulong>();
        for (var i = 0; i < 20_000; i++)
        {
            var lease = Open();
            Assert.True(numbers.Add(lease));
            Close(lease);
        }
        AssertIdle();
    }

    [Fact]
    public void A_number_whose_place_was_used_again_is_unknown()
    {
        var old = Open();
        Close(old);
        var others = Enumerable.Range(0, 4096).Select(_ => Open()).ToArray();
        Assert.Equal(OutcomeResult.Unknown, Close(old));
        Assert.Equal(4096, _table.Open);
        Assert.All(others, lease => Assert.Equal(OutcomeResult.Recorded, Close(lease)));
    }

    [Fact]
    public void Numbers_of_no_lease_change_nothing()
    {
        var open = Enumerable.Range(0, 100).Select(_ => Open()).ToHashSet();
        ulong[] odd = [0, 1, ulong.MaxValue, 1UL << 63, LeaseTable.NumberWithoutLease(), open.First() ^ 1UL << 62, open.First() + (1UL << 24)];
        Assert.All(odd, number => Assert.Equal(OutcomeResult.Unknown, Close(number)));
        // Any number, and numbers a few bits away from those that are open.
        var near = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 63], Gen.Int[0, 63], (i, a, b) => open.ElementAt(i) ^ (1UL << a) ^ (1UL << b));
        Gen.OneOf(Gen.ULong, near).Sample(number => open.Contains(number) || Close(number) == OutcomeResult.Unknown);
        Assert.Equal((100L, 100L, 100L), (_table.Open, _server.InFlight, _farm.InFlight));
        Assert.All(open, lease => Assert.Equal(OutcomeResult.Recorded, Close(lease)));
    }

    [Fact]
    public void A_number_without_lease_is_never_that_of_one() =>
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.NotEqual(Open() >> 63, LeaseTable.NumberWithoutLease() >> 63));

    [Fact]
    public void The_table_grows_to_a_million_and_then_opens_no_more()
    {
        var last = 0UL;
        for (var i = 0; i < LeaseTable.MaxOpen; i++)
        {
            last = _table.OpenFor(_server, _farm, isLimited: false, Minute);
            Assert.NotEqual(0UL, last);
        }
        Assert.Equal(0UL, _table.OpenFor(_server, _farm, isLimited: false, Minute));
        Assert.Equal(LeaseTable.MaxOpen, _table.Open);
        Close(last);
        // Whatever thread asks: a free slot is used wherever it lies.
        using var another = new Worker();
        another.Do(() => Assert.NotEqual(0UL, _table.OpenFor(_server, _farm, isLimited: false, Minute)));
        Assert.Equal(0UL, _table.OpenFor(_server, _farm, isLimited: false, Minute));
        _time.Advance(Minute);
        Assert.Equal(LeaseTable.MaxOpen, _table.Sweep());
        Assert.Equal(0, _table.Open);
    }

    [Fact]
    public async Task Opening_closing_and_sweeping_at_once_ends_with_nothing_open()
    {
        const int Workers = 4;
        const int Each = 20_000;
        var (recorded, expired) = (0L, 0L);
        var token = TestContext.Current.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(w => Task.Run(() =>
        {
            var held = new Queue<ulong>();
            for (var i = 0; i < Each; i++)
            {
                held.Enqueue(Open());
                if (i % 1000 == w)
                {
                    _time.Advance(TimeSpan.FromSeconds(20));
                    _table.Sweep();
                }
                while (held.Count > (i == Each - 1 ? 0 : i % 7))
                {
                    ref var count = ref Close(held.Dequeue()) == OutcomeResult.Recorded ? ref recorded : ref expired;
                    Interlocked.Increment(ref count);
                }
            }
        }, token)));
        AssertIdle();
        Assert.Equal((Workers * Each, _table.Expired, recorded), (recorded + expired, expired, _server.Successes));
    }

    [Fact]
    public async Task Of_many_reports_of_one_lease_one_is_recorded()
    {
        var leases = Enumerable.Range(0, 4000).Select(_ => Open()).ToArray();
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            Task.Run(() => leases.Count(lease => Close(lease) == OutcomeResult.Recorded), TestContext.Current.CancellationToken)));
        Assert.Equal(leases.Length, results.Sum());
        AssertIdle();
    }

    private ulong Open() => _table.OpenFor(Entered(), _farm, isLimited: false, Minute);

    private OutcomeResult Close(ulong number) => _table.Close(number, OutcomeKind.Success, out _);

    private ServerCells Entered()
    {
        _server.Enter();
        _farm.Enter(isLimited: false);
        return _server;
    }

    private void AssertIdle() => Assert.Equal((0L, 0L, 0L), (_table.Open, _server.InFlight, _farm.InFlight));
}
