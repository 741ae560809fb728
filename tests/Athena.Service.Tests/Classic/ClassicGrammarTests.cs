using System.Diagnostics;
using System.Text;
using Athena.Service.Classic;
using CsCheck;

namespace Athena.Service.Tests.Classic;

public sealed class ClassicGrammarTests
{
    private static readonly Gen<string> Key = Gen.String[Gen.Char["abcFN019_.-"], 1, 8];

    private static readonly Gen<string> Word = Gen.String[Gen.Char["abcxyz09_.-%*+E:/\\ é"], 1, 8];

    /// <summary>Any text without control characters, rich in what the grammar itself uses.</summary>
    private static readonly Gen<string> Value = Gen.String[Gen.Frequency((3, Gen.Char["\"\\,&=%{} E"]), (2, Gen.Char.AlphaNumeric), (1, Gen.Char.Where(c => !char.IsControl(c) && c != ClassicText.BadEscape))), 0, 20];

    private static readonly Gen<ClassicArgument> Argument = Gen.Frequency(
        (3, Gen.Select(Key, Value, (key, value) => new ClassicArgument(key, value))), (1, Word.Select(word => new ClassicArgument("", word))));

    /// <summary>Pieces that real and broken requests are made of.</summary>
    private static readonly string[] Pieces =
    [
        "E", "h=", "app01", "f=", "\"", "%h", "%c", ",", "&", "%22", "%2C", "%3D", "%", "%zz", "\\", "\\\"", "%{", "age", "}", "c=12", "s=off", "*", "true", "=", "%00", "%ff", "%c3%a9",
        "\u0001", "\n", "é", "\uFFFF", "\uD800", "1e999", "NaN", "N=farm_one", "F=", "key=", "exclude=", "steer=", "0cus=20", "%0cus", " ", "+",
    ];

    private static readonly string[] Good =
    [
        "farm_one", "a&b,c,key=\"1,2\",exclude=x", "Efarm%5Fone", "h=app01,f=\"%h,%c\"", "Eh=app01,f=\"%h,%c\"", "Eh%3Dapp01%2Cf%3D%22%25h%2C%25c%22", "*", "h=app01,c=12,m=57.3421,0cus=20,queue=1e3",
        "h=app01,s=off,u=down,F=app02,reason=\"a \\\"b\\\"\"", "h=farm_one,s=off,forward-down=https://x/", "N=one,h=app01,s=off,s.at=2026-11-22T19:00:00.0000000Z,s.rev=7,s.by=me,s.why=x",
    ];

    private static readonly Gen<string> Noise = Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[0, 24].Select(string.Concat);

    [Theory]
    [InlineData("farm_one", "farm_one")]
    [InlineData("h=app01,f=\"%h,%c\"", "h=app01|f=%h,%c")]
    [InlineData("h=a&h=b,c=1", "h=a;h=b|c=1")]
    [InlineData("f=\"a&b\"", "f=a&b")]
    [InlineData("f=\"say \\\"hi\\\"\"", "f=say \"hi\"")]
    [InlineData("f=say\\\"hi", "f=say\"hi")]
    [InlineData("f=\"%h\\n%c\\t\"", "f=%h\\n%c\\t")]
    [InlineData("f=\"end\\\\\"", "f=end\\")]
    [InlineData("F=https://x/?a=1", "F=https://x/?a=1")]
    [InlineData("c=", "c=")]
    [InlineData("a+b", "a+b")]
    public void A_text_is_split_as_documented(string text, string parts)
    {
        var requests = ClassicGrammar.Parse(text, out var fault);
        Assert.Null(fault);
        Assert.Equal(parts, string.Join(';', requests!.Select(r => string.Join('|', r.Select(a => a.IsBare ? a.Value : $"{a.Key}={a.Value}")))));
    }

    [Theory]
    [InlineData("a,,b", "an argument is empty")]
    [InlineData("a&", "an argument is empty")]
    [InlineData(",", "an argument is empty")]
    [InlineData("f=\"open", "the quote is not closed: '\"open'")]
    [InlineData("f=\"end\\\"", "the quote is not closed")]
    [InlineData("f=\"a\"b", "a quote may only enclose a whole value")]
    [InlineData("f=a\"b\"", "a quote may only enclose a whole value")]
    [InlineData("f=a\"", "a quote may only enclose a whole value")]
    [InlineData("a\"b", "a quote stands where only a value may have one")]
    [InlineData("k y=1", "'k y' is not a key")]
    [InlineData("=1", "'' is not a key")]
    public void What_is_no_text_is_named(string text, string named)
    {
        Assert.Null(ClassicGrammar.Parse(text, out var fault));
        Assert.Equal(400, fault!.HttpStatus);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixteen_requests_are_taken_and_one_more_is_too_much()
    {
        Assert.Equal(16, ClassicGrammar.Parse(string.Join('&', Enumerable.Repeat("a", 16)), out _)!.Count);
        Assert.Null(ClassicGrammar.Parse(string.Join('&', Enumerable.Repeat("a", 17)), out var fault));
        Assert.Equal(413, fault!.HttpStatus);
    }

    [Fact]
    public void What_is_printed_parses_back() => Argument.List[1, 6].List[1, ClassicGrammar.MaxRequests].Sample(requests =>
        Assert.Equal(requests, ClassicGrammar.Parse(ClassicGrammar.Print(requests), out _)!));

    [Fact]
    public void What_is_printed_and_escaped_parses_back() => Argument.List[1, 6].List[1, 4].Sample(requests =>
    {
        var escaped = string.Concat(Encoding.UTF8.GetBytes(ClassicGrammar.Print(requests)).Select(b => $"%{b:X2}"));
        // A lone surrogate is no text; UTF-8 has a replacement character for it.
        var expected = requests.Select(r => r.Select(a => new ClassicArgument(a.Key, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(a.Value)))).ToList()).ToList();
        Assert.Equal(expected, ClassicText.Read<List<List<ClassicArgument>>>("E" + escaped, Anything, out _)!);
    });

    [Fact]
    public void No_text_throws_and_every_fault_is_one_line_with_a_status() => Gen.OneOf(Noise, Gen.String).Sample(text =>
    {
        if (ClassicText.Read<List<List<ClassicArgument>>>(text + "x", Anything, out var fault) is null)
        {
            Assert.True(fault!.HttpStatus is 400 or 413);
            Assert.DoesNotContain(fault.Message, char.IsControl);
        }
    });

    /// <summary>A million texts through every reader, bounded by a minute: on a machine that is slower than that, fewer are looked at.</summary>
    [Fact]
    public void A_million_texts_give_a_result_or_a_fault()
    {
        var (start, seed) = (Stopwatch.GetTimestamp(), Random.Shared.Next());
        var random = new Random(seed);
        var (looked, good, bad) = (0, 0, 0);
        var text = new StringBuilder();
        for (; looked < 1_000_000 && (looked % 1000 != 0 || Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1)); looked++)
        {
            text.Clear();
            // From nothing, or from a request that is good, which most changes break.
            text.Append(random.Next(3) == 0 ? "" : Good[random.Next(Good.Length)]);
            for (var k = random.Next(text.Length == 0 ? 1 : 0, text.Length == 0 ? 12 : 3); k > 0; k--)
            {
                text.Insert(random.Next(text.Length + 1), random.Next(6) == 0 ? ((char)random.Next(1, 0x180)).ToString() : Pieces[random.Next(Pieces.Length)]);
            }
            var raw = text.ToString();
            try
            {
                if (IsGood(looked % 5, raw, out var fault))
                {
                    good++;
                }
                else
                {
                    bad++;
                    Assert.True(fault is { HttpStatus: 400 or 413 } && !fault.Message.Any(char.IsControl) && !fault.Message.Contains(ClassicText.BadEscape), raw);
                }
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, text {looked}, '{raw}': {e}");
            }
        }
        Assert.True(good > looked / 100 && bad > looked / 10, $"seed {seed}: {good} good and {bad} bad of {looked}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{looked} texts in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s: {good} good, {bad} bad");
    }

    private static bool IsGood(int reader, string raw, out ClassicFault? fault)
    {
        object? read = reader switch
        {
            0 => ClassicText.Read<List<ClassicBalance.Question>>(raw, ClassicBalance.Questions, out fault),
            1 => ClassicText.Read(raw, (List<List<ClassicArgument>> r, out ClassicFault? f) => ClassicSelector.Read(r, ofFarms: false, out f), out fault),
            2 => ClassicText.Read(raw, (List<List<ClassicArgument>> r, out ClassicFault? f) => ClassicUpdateRequest.Read(r, ofFarms: false, out f), out fault),
            3 => ClassicText.Read(raw, (List<List<ClassicArgument>> r, out ClassicFault? f) => ClassicUpdateRequest.Read(r, ofFarms: true, out f), out fault),
            _ => MirrorLine.Read(raw, ofFarms: raw.Contains('N', StringComparison.Ordinal), out fault),
        };
        Assert.True(read is null != fault is null, raw);
        return read is not null;
    }

    private static List<List<ClassicArgument>>? Anything(List<List<ClassicArgument>> requests, out ClassicFault? fault)
    {
        fault = null;
        return requests;
    }
}
