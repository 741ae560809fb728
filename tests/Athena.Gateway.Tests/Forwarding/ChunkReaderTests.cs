using System.Globalization;
using System.Text;
using Athena.Gateway.Forwarding;

namespace Athena.Gateway.Tests.Forwarding;

public sealed class ChunkReaderTests
{
    [Fact]
    public void A_body_comes_out_as_it_went_in_however_it_was_cut()
    {
        var random = new Random(12);
        for (var run = 0; run < 5_000; run++)
        {
            var (wire, body) = (new StringBuilder(), new StringBuilder());
            for (var n = random.Next(6); n > 0; n--)
            {
                var chunk = new string((char)('a' + random.Next(26)), random.Next(1, 300));
                body.Append(chunk);
                wire.Append(CultureInfo.InvariantCulture, $"{(random.Next(2) == 0 ? "0" : "")}{chunk.Length.ToString(random.Next(2) == 0 ? "x" : "X", CultureInfo.InvariantCulture)}{(random.Next(4) == 0 ? " ; a=\"b\"" : "")}\r\n{chunk}\r\n");
            }
            var isTrailed = random.Next(2) == 0;
            wire.Append(isTrailed ? "0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n" : "000\r\n\r\n").Append("next");
            Assert.Equal((body.ToString(), isTrailed ? "1,2" : null, wire.Length - 4), Read(wire.ToString(), random));
        }
    }

    [Fact]
    public void Damage_is_an_error_or_another_body_and_never_anything_else()
    {
        var random = new Random(13);
        const string Whole = "5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nX-Sum: 7\r\n\r\n";
        var refused = 0;
        for (var run = 0; run < 20_000; run++)
        {
            var bytes = Whole.ToCharArray();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (char)random.Next(256);
            }
            try
            {
                Read(new string(bytes), random);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 5_000, 20_000);
    }

    [Theory]
    [InlineData("-1\r\n")]
    [InlineData("+1\r\n")]
    [InlineData("0x1\r\n")]
    [InlineData(" 1\r\n")]
    [InlineData("\r\n")]
    [InlineData(";a\r\n")]
    [InlineData("1\n")]
    [InlineData("1000000000000000\r\n")]
    [InlineData("1\r\nab\r\n")]
    [InlineData("0\r\nno field\r\n\r\n")]
    [InlineData("0\r\nX: y\n\n")]
    public void What_is_no_chunk_is_refused(string bytes) => Assert.Throws<InvalidDataException>(() => Read(bytes, new Random(1)));

    [Fact]
    public void A_line_without_end_is_refused() => Assert.Throws<InvalidDataException>(() => Read(new string('1', 10_000), new Random(1)));

    /// <summary>The body, a field behind it, and how many bytes that took; cut at random.</summary>
    private static (string Body, string? Sum, int Used) Read(string wire, Random random)
    {
        var bytes = Encoding.Latin1.GetBytes(wire);
        var (chunks, body, start, end) = (new ChunkReader(), new StringBuilder(), 0, 0);
        while (!chunks.IsOver && (start < end || end < bytes.Length))
        {
            body.Append(Encoding.Latin1.GetString(chunks.Read(bytes.AsSpan(start, end - start), out var used)));
            start += used;
            if (used == 0)
            {
                if (end == bytes.Length)
                {
                    break;
                }
                end = Math.Min(bytes.Length, end + random.Next(1, 200));
            }
        }
        return (body.ToString(), chunks.Trailers?["X-Sum"], start);
    }
}
