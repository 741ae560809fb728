using Athena.Client.Statistics;
using Athena.V1;
using Google.Protobuf;

namespace Athena.Client.Tests;

public sealed class LoadReportReaderTests
{
    private static readonly LoadReport Sent = new() { CpuUtilization = 0.7, ApplicationUtilization = 1.8, NamedMetrics = { ["jobs"] = 3 }, Utilization = { ["disk"] = 0.5 } };

    [Theory]
    [InlineData("TEXT cpu_utilization=0.7,application_utilization=1.8,named_metrics.jobs=3,utilization.disk=0.5")]
    [InlineData("TEXT cpu_utilization:0.7, application_utilization:1.8, named_metrics.jobs:3, utilization.disk:5e-1")]
    [InlineData("""JSON {"cpu_utilization": 0.7, "application_utilization": 1.8, "named_metrics": {"jobs": 3}, "utilization": {"disk": 0.5}}""")]
    [InlineData("""JSON {"cpuUtilization": 0.7, "applicationUtilization": 1.8, "namedMetrics": {"jobs": 3}, "utilization": {"disk": 0.5}}""")]
    public void Each_spelling_says_the_same(string value)
    {
        Assert.True(LoadReportReader.TryReadText(value, out var report));
        Assert.Equal(Sent, report);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bytes_come_in_base64_with_or_without_padding(bool padded)
    {
        var text = Convert.ToBase64String(Sent.ToByteArray());
        text = padded ? text : text.TrimEnd('=');
        Assert.True(LoadReportReader.TryReadBinary(text, out var report));
        Assert.Equal(Sent, report);
        Assert.True(LoadReportReader.TryReadText($"BIN {text}", out report));
        Assert.Equal(Sent, report);
    }

    [Theory]
    [InlineData("")]
    [InlineData("TEXT")]
    [InlineData("TEXT ")]
    [InlineData("text cpu_utilization=0.7")]
    [InlineData("YAML cpu_utilization: 0.7")]
    [InlineData("cpu_utilization=0.7")]
    [InlineData("TEXT cpu_utilization=0.7,cpu_utilization=0.7")]
    [InlineData("TEXT named_metrics.a=1,named_metrics.a=2")]
    [InlineData("TEXT cpu_utilization=")]
    [InlineData("TEXT cpu_utilization")]
    [InlineData("TEXT =0.7")]
    [InlineData("TEXT cpu_utilization=0.7,")]
    [InlineData("TEXT named_metrics.=1")]
    [InlineData("TEXT utilization.=1")]
    [InlineData("TEXT cpu_utilization=NaN")]
    [InlineData("TEXT cpu_utilization=Infinity")]
    [InlineData("TEXT cpu_utilization=1e999")]
    [InlineData("TEXT cpu_utilization=-0.1")]
    [InlineData("TEXT cpu_utilization=-0")]
    [InlineData("TEXT mem_utilization=1.1")]
    [InlineData("TEXT utilization.disk=1.1")]
    [InlineData("TEXT cpu=0.7")]
    [InlineData("TEXT cpu_utilization=0.7,named_metrics.jobs=-1")]
    [InlineData("TEXT request_cost.x=-1")]
    [InlineData("JSON {\"cpu_utilization\": 0.7, \"cpu_utilization\": 0.7}")]
    [InlineData("JSON {\"cpu\": 0.7}")]
    [InlineData("JSON {\"cpu_utilization\": \"NaN\"}")]
    [InlineData("JSON {\"named_metrics\": {\"\": 1}}")]
    [InlineData("JSON {")]
    [InlineData("JSON []")]
    [InlineData("BIN ")]
    [InlineData("BIN %%%")]
    [InlineData("BIN CQ==")]
    public void A_report_with_a_fault_is_refused_as_a_whole(string value) => Assert.False(LoadReportReader.TryReadText(value, out _));

    [Fact]
    public void No_text_makes_the_reader_throw()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] parts = ["TEXT ", "JSON ", "BIN ", "cpu_utilization", "=", ":", ",", "{", "}", "\"", "named_metrics.", "1", "e", "-", ".", "NaN", " ", "\0", "é", "="];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            var error = Record.Exception(() => LoadReportReader.TryReadText(text, out _) | LoadReportReader.TryReadBinary(text, out _));
            Assert.True(error is null, $"seed {seed}, '{text}': {error}");
        }
    }
}
