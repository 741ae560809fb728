using Athena.Engine.Farms;
using Athena.Service.Classic;
using CsCheck;

namespace Athena.Service.Tests.Classic;

public sealed class ClassicQueryTests
{
    [Theory]
    [InlineData("farm_one", "farm_one")]
    [InlineData("a&b,c", "a", "b", "c")]
    [InlineData("farm=East", "East")]
    [InlineData("Efarm%5Fone", "farm_one")]
    [InlineData("farm%5Fone", "farm_one")]
    public void Farms_are_read_in_order(string raw, params string[] farms) => Assert.Equal(farms, ClassicQuery.Farms(raw));

    [Theory]
    [InlineData("", "usage")]
    [InlineData("a%zz", "'%zz' is not an escape")]
    [InlineData("E%4", "'%4' is not an escape")]
    [InlineData("a b", "'a b'")]
    [InlineData("a+b", "'a+b'")]
    [InlineData("a&", "''")]
    [InlineData("key=1", "'key=1'")]
    [InlineData("a\nERROR b", "'a?ERROR b'")]
    public void What_is_no_query_is_named(string raw, string named) =>
        Assert.Contains(named, Assert.Throws<ClassicQueryException>(() => ClassicQuery.Farms(raw)).Message, StringComparison.Ordinal);

    [Fact]
    public void Too_much_is_told_from_no_query()
    {
        Assert.True(Assert.Throws<ClassicQueryException>(() => ClassicQuery.Farms(new string('a', ClassicQuery.MaxLength + 1))).TooMuch);
        Assert.True(Assert.Throws<ClassicQueryException>(() => ClassicQuery.Farms(string.Join('&', Enumerable.Repeat("a", ClassicQuery.MaxRequests + 1)))).TooMuch);
        Assert.Equal(ClassicQuery.MaxRequests, ClassicQuery.Farms(string.Join('&', Enumerable.Repeat("a", ClassicQuery.MaxRequests))).Count);
    }

    [Fact]
    public void Any_text_gives_names_or_a_fault_on_one_line() => Gen.String.Sample(raw =>
    {
        try
        {
            return ClassicQuery.Farms(raw).All(f => EntityName.IsValid(f));
        }
        catch (ClassicQueryException e)
        {
            return !e.Message.Any(char.IsControl);
        }
    });
}
