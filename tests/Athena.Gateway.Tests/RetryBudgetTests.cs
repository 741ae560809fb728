using Athena.Gateway.Resolution.Retries;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Gateway.Tests;

public sealed class RetryBudgetTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_farm_retries_a_part_of_its_requests_and_its_reserve()
    {
        var budget = new RetryBudget(new RetryOptions { Budget = 0.2, Reserve = 10 }, _time);
        for (var i = 0; i < 1000; i++)
        {
            budget.Earn();
        }
        Assert.Equal(210, Spend(budget));
    }

    [Fact]
    public void A_quiet_farm_gets_its_reserve_back_one_a_second_and_no_more()
    {
        var budget = new RetryBudget(new RetryOptions { Budget = 0, Reserve = 3 }, _time);
        Assert.Equal(3, Spend(budget));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, Spend(budget));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, Spend(budget));
    }

    [Fact]
    public async Task Threads_that_spend_at_once_spend_no_more_than_there_is()
    {
        var budget = new RetryBudget(new RetryOptions { Budget = 1, Reserve = 0 }, _time);
        for (var i = 0; i < 400; i++)
        {
            budget.Earn();
        }
        Assert.Equal(400, (await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Spend(budget))))).Sum());
    }

    private static int Spend(RetryBudget budget)
    {
        var spent = 0;
        while (budget.TrySpend())
        {
            spent++;
        }
        return spent;
    }
}
