using Athena.Service.Classic;

namespace Athena.Service.Tests.Classic;

public sealed class ClassicTextTests
{
    [Theory]
    [InlineData("h=app01,f=\"%h,%c\"", "app01: %h,%c")]
    [InlineData("Eh=app01,f=\"%h,%c\"", "app01: %h,%c")]
    [InlineData("Eh%3Dapp01%2Cf%3D%22%25h%2C%25c%22", "app01: %h,%c")]
    [InlineData("h=app01,f=%22%25h,%25c%22", "app01: %h,%c")]
    [InlineData("Eh=app01,f=%22%25h,%25c%22", "app01: %h,%c")]
    [InlineData("Eh=app01,f=%22%h,%c%22", "app01: %h,%c")]
    [InlineData("h%3Dapp01", "app01: ")]
    [InlineData("app01", "app01: ")]
    [InlineData("Eapp01", "app01: ")]
    [InlineData("h=East", "East: ")]
    [InlineData("h=app01,f=%2525", null)]
    [InlineData("Eh=app01,f=%25%2525h", "app01: %%25h")]
    [InlineData("Eh=app01,f=%25%25h", "app01: %%h")]
    [InlineData("*", ": ")]
    [InlineData("true", ": ")]
    [InlineData("f=%h", ": %h")]
    public void A_selector_is_read_as_it_stands_or_decoded_once(string raw, string? expected)
    {
        var read = ClassicText.Read(raw, (List<List<ClassicArgument>> r, out ClassicFault? f) =>
        {
            // What a format makes of its text is a matter of its own test.
            var texts = r.Select(q => q.FirstOrDefault(a => a.Key == "f").Value ?? "").ToList();
            return ClassicSelector.Read(r, ofFarms: false, out f) is { } s ? [.. s.Select((x, i) => $"{x.Name}: {texts[i]}")] : (List<string>?)null;
        }, out var fault);
        Assert.Equal(expected, read?.Single());
        Assert.Equal(expected is null, fault is not null);
    }

    [Theory]
    [InlineData("E%zz", "'%zz' is not an escape of text")]
    [InlineData("E%4", "'%4' is not an escape of text")]
    [InlineData("E%", "'%' is not an escape of text")]
    [InlineData("Eh=a%ff", "'%ff' is not an escape of text")]
    [InlineData("Eh=a%0aERROR", "'%0a' is not an escape of text")]
    [InlineData("E", "the text is empty")]
    [InlineData("a\nb", "character 2 is a control character: 'a?b'")]
    [InlineData("a\u0000", "character 2 is a control character")]
    public void What_is_no_text_is_named(string raw, string named)
    {
        Assert.Null(ClassicText.Read<List<ClassicBalance.Question>>(raw, ClassicBalance.Questions, out var fault));
        Assert.Equal(400, fault!.HttpStatus);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_too_long_is_too_much()
    {
        Assert.NotNull(ClassicText.Read<List<ClassicBalance.Question>>("key=\"" + new string('k', 1000) + "\",farm=a", ClassicBalance.Questions, out _));
        Assert.Null(ClassicText.Read<List<ClassicBalance.Question>>(new string('a', ClassicText.MaxLength + 1), ClassicBalance.Questions, out var fault));
        Assert.Equal(413, fault!.HttpStatus);
    }

    [Theory]
    [InlineData("farm_one", "farm_one")]
    [InlineData("a&b,c", "a", "b", "c")]
    [InlineData("farm=East", "East")]
    [InlineData("Efarm%5Fone", "farm_one")]
    [InlineData("farm%5Fone", "farm_one")]
    [InlineData("a,key=\"u,1\",exclude=\"x,y\",exclude=z,steer=t.o.k,f=%h", "a")]
    public void A_balance_names_its_farms_in_order(string raw, params string[] farms)
    {
        var questions = ClassicText.Read<List<ClassicBalance.Question>>(raw, ClassicBalance.Questions, out _)!;
        Assert.Equal(farms, questions.Select(q => q.Query.Farm));
        Assert.Equal(raw.Contains("exclude", StringComparison.Ordinal) ? ["x", "y", "z"] : null, questions[0].Query.Exclude);
        Assert.Equal(raw.Contains("key", StringComparison.Ordinal) ? Engine.HashKey.Of("u,1") : null, questions[0].Query.HashKey);
    }

    [Theory]
    [InlineData("key=1", "no farm is named")]
    [InlineData("a b", "'a b' is not the name of a farm")]
    [InlineData("a+b", "'a+b' is not the name of a farm")]
    [InlineData("a,color=red", "balance does not know 'color'")]
    [InlineData("a,key=1,key=2", "'key' is given twice")]
    [InlineData("a,exclude=", "'' is not the name of a server")]
    [InlineData("a,f=", "the format is empty")]
    [InlineData("a,f=%x", "'%x' is not a field")]
    public void A_bad_balance_is_named(string raw, string named)
    {
        Assert.Null(ClassicText.Read<List<ClassicBalance.Question>>(raw, ClassicBalance.Questions, out var fault));
        Assert.Contains(named, fault!.Message, StringComparison.Ordinal);
    }
}
