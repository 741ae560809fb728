using Athena.Service.State;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Service.Tests.State;

public sealed class KeptDecisionsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly KeptDecisions _kept;

    public KeptDecisionsTests() => _kept = new(_time);

    [Fact]
    public void Nobody_waits_when_nothing_is_kept() => Assert.True(_kept.PassedAsync().IsCompletedSuccessfully);

    [Fact]
    public async Task A_change_waits_for_the_longest_that_was_kept_before_it_and_for_none_after()
    {
        _kept.Keep(TimeSpan.FromMilliseconds(5));
        _kept.Keep(TimeSpan.FromMilliseconds(3));
        var passed = _kept.PassedAsync();
        _kept.Keep(TimeSpan.FromMilliseconds(100));
        _time.Advance(TimeSpan.FromMilliseconds(4.9));
        Assert.False(passed.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        await passed.WaitAsync(TimeSpan.FromMinutes(1));
    }
}
