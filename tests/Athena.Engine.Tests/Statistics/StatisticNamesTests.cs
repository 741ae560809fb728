using Athena.Engine.Statistics;

namespace Athena.Engine.Tests.Statistics;

public class StatisticNamesTests
{
    [Theory]
    [InlineData("c", true)]
    [InlineData("0cus", true)]
    [InlineData("named_metrics.jobs", true)]
    [InlineData("", false)]
    [InlineData("a-b", false)]
    [InlineData("a b", false)]
    [InlineData("µ", false)]
    [InlineData("٣", false)]
    public void A_name_is_letters_digits_dots_and_underscores(string name, bool valid) => Assert.Equal(valid, StatisticNames.IsValid(name));

    [Fact]
    public void The_longest_name_has_64_characters()
    {
        Assert.True(StatisticNames.IsValid(new string('x', 64)));
        Assert.False(StatisticNames.IsValid(new string('x', 65)));
    }

    [Fact]
    public void One_string_stands_for_each_name()
    {
        var names = new StatisticNames();
        var first = new string('x', 3);
        Assert.Same(first, names.Intern(first));
        Assert.Same(first, names.Intern(new string('x', 3)));
        Assert.NotSame(first, names.Intern("XXX"));
    }

    [Fact]
    public void No_more_than_4096_different_names_are_taken()
    {
        var names = new StatisticNames();
        for (var i = 0; i < StatisticNames.MaxNames; i++)
        {
            Assert.NotNull(names.Intern($"n{i}"));
        }
        Assert.Null(names.Intern("one_more"));
        Assert.Equal("n7", names.Intern("n7"));
    }
}
