using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Farms;

public class EntityNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("App01.eu-west_1")]
    [InlineData("...")]
    [InlineData("-")]
    public void Letters_digits_dots_underscores_and_dashes_make_a_name(string name) => Assert.True(EntityName.IsValid(name));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("ä")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("٣")] // A digit, but not of ASCII.
    [InlineData("Ｋ")] // A letter, but not of ASCII.
    public void Anything_else_does_not(string name) => Assert.False(EntityName.IsValid(name));

    [Fact]
    public void The_longest_name_has_253_characters()
    {
        Assert.True(EntityName.IsValid(new string('x', 253)));
        Assert.False(EntityName.IsValid(new string('x', 254)));
    }

    [Fact]
    public void Names_are_compared_without_case()
    {
        Assert.True(EntityName.Comparer.Equals("App01", "aPP01"));
        Assert.Equal("a", TestFleet.Of("a").Pick(new BalanceQuery("WEB")));
    }

    [Theory]
    [InlineData("farm_tow", "farm_two")]
    [InlineData("FARM_ONE", "farm_one")]
    [InlineData("farmone", "farm_one")]
    [InlineData("orders", null)]
    [InlineData("", null)]
    [InlineData("f", null)]
    public void The_closest_name_is_one_that_is_near(string name, string? expected) =>
        Assert.Equal(expected, EntityName.Closest(name, ["farm_one", "farm_two", "images"]));

    [Fact]
    public void The_closest_of_no_names_is_none() => Assert.Null(EntityName.Closest("farm", []));

    [Fact]
    public void Names_that_are_too_long_are_near_to_nothing()
    {
        Assert.Null(EntityName.Closest(new string('x', 254), [new string('x', 253)]));
        Assert.Null(EntityName.Closest(new string('x', 250), [new string('x', 260)]));
        Assert.Equal(new string('x', 253), EntityName.Closest(new string('x', 250), [new string('x', 253)]));
    }
}
