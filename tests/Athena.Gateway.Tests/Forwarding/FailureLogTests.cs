using Athena.Gateway.Forwarding;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Tests.Forwarding;

public sealed class FailureLogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _lines = new();

    [Fact]
    public void Failures_of_one_server_are_a_line_a_second_that_counts_the_others()
    {
        var log = new FailureLog(_time, _lines);
        for (var i = 0; i < 100; i++)
        {
            log.Tell("a", Failure("refused"), isVisitors: false);
        }
        log.Tell("b", Failure("gone"), isVisitors: false);
        Assert.Equal(["4011 A request to a failed (Request): refused", "4011 A request to b failed (Request): gone"], _lines.Take());
        _time.Advance(TimeSpan.FromSeconds(0.9));
        log.Tell("a", Failure("refused"), isVisitors: false);
        Assert.Empty(_lines.Take());
        _time.Advance(TimeSpan.FromSeconds(0.1));
        log.Tell("a", Failure("late"), isVisitors: false);
        log.Tell("b", Failure("gone"), isVisitors: false);
        Assert.Equal(["4013 A request to a failed (Request): late; so did 100 more since the last line", "4011 A request to b failed (Request): gone"], _lines.Take());
    }

    [Fact]
    public void Who_goes_away_is_no_failure_and_hides_none()
    {
        var log = new FailureLog(_time, _lines);
        log.Tell("a", Failure("left"), isVisitors: true);
        log.Tell("a", Failure("refused"), isVisitors: false);
        Assert.Equal(["4012 A visitor of a went away (Request)", "4011 A request to a failed (Request): refused"], _lines.Take());
    }

    [Fact]
    public void A_fault_is_told_once_with_what_lies_beneath()
    {
        Assert.Equal("Connection refused (127.0.0.1:1)", FailureLog.FaultOf(new HttpRequestException("Connection refused (127.0.0.1:1)", new IOException("Connection refused"))));
        Assert.Equal("An error occurred. The response ended.", FailureLog.FaultOf(new HttpRequestException("An error occurred.", new IOException("The response ended."))));
        Assert.Equal("no more is known", FailureLog.FaultOf(null));
    }

    [Fact]
    public void No_failure_is_lost_between_threads()
    {
        var log = new FailureLog(_time, _lines);
        Parallel.For(0, 10_000, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            if (i % 100 == 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(50));
            }
            log.Tell("a", Failure("refused"), isVisitors: false);
        });
        _time.Advance(TimeSpan.FromSeconds(1));
        log.Tell("a", Failure("refused"), isVisitors: false);
        var lines = _lines.Take();
        Assert.Equal(10_001, lines.Length + lines.Sum(l => l.Split("so did ") is [_, var more] ? int.Parse(more.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) : 0));
        Assert.InRange(lines.Length, 2, 8);
    }

    private static Error Failure(string why) => new(ForwarderError.Request, new IOException(why));

    private sealed record Error(ForwarderError Kind, Exception? Exception) : IForwarderErrorFeature
    {
        ForwarderError IForwarderErrorFeature.Error => Kind;
    }

    private sealed class Lines : ILogger<FailureLog>
    {
        private readonly List<string> _lines = [];

        public string[] Take()
        {
            lock (_lines)
            {
                string[] lines = [.. _lines];
                _lines.Clear();
                return lines;
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.Null(exception);
            lock (_lines)
            {
                _lines.Add($"{eventId.Id} {formatter(state, exception)}");
            }
        }
    }
}
