using CsCheck;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Cli.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("90s", 90)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172_800)]
    [InlineData("1m500ms", 60.5)]
    [InlineData("01:02:03", 3723)]
    public void A_duration_is_read(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var value));
        Assert.Equal(seconds, value.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m5")]
    [InlineData("1s1h")]
    [InlineData("-1s")]
    [InlineData("1:2")]
    [InlineData("999999d")]
    [InlineData("1s\n")]
    public void Anything_else_is_no_duration(string text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void No_text_breaks_the_readers() => Gen.String.Sample(
        text => (!Durations.TryParse(text, out var duration) || duration >= TimeSpan.Zero) && (!Moments.TryParse(text, new FakeTimeProvider(), out var moment) || moment > DateTimeOffset.MinValue),
        iter: 20_000);

    [Fact]
    public void Every_whole_number_of_units_reads_back() => Gen.Select(Gen.Int[0, 99], Gen.Int[0, 23], Gen.Int[0, 59], Gen.Int[0, 59], Gen.Int[1, 999]).Sample(
        (d, h, m, s, ms) => Durations.TryParse($"{d}d{h}h{m}m{s}s{ms}ms", out var value) && value == new TimeSpan(d, h, m, s, ms));

    [Theory]
    [InlineData("2h", "2026-11-22T12:00:00")]
    [InlineData("14:00", "2026-11-22T14:00:00")]
    [InlineData("09:30", "2026-11-23T09:30:00")]
    [InlineData("10:00", "2026-11-23T10:00:00")]
    [InlineData("2026-12-01T08:15", "2026-12-01T08:15:00")]
    [InlineData("2026-12-01 08:15:30", "2026-12-01T08:15:30")]
    [InlineData("2026-12-01T08:15Z", "2026-12-01T08:15:00")]
    [InlineData("2026-12-01T08:15:00+02:00", "2026-12-01T06:15:00")]
    public void A_moment_is_a_duration_from_now_the_next_such_time_or_a_date(string text, string expected)
    {
        Assert.True(Moments.TryParse(text, new TestTerminal().Time, out var value));
        Assert.Equal(DateTimeOffset.Parse(expected + "Z", System.Globalization.CultureInfo.InvariantCulture), value);
    }

    [Fact]
    public void Local_times_are_those_of_the_zone()
    {
        var time = new TestTerminal().Time;
        time.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("plus3", TimeSpan.FromHours(3), null, null));
        Assert.True(Moments.TryParse("14:00", time, out var value));
        Assert.Equal(TimeSpan.FromHours(1), value - time.GetUtcNow());
        Assert.Equal("14:00:00", Moments.Text(Timestamp.FromDateTimeOffset(value), time));
    }
}
