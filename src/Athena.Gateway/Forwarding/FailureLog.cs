using System.Collections.Concurrent;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Forwarding;

/// <summary>Says which servers fail and why: one line a server and second, however many requests fail meanwhile, and no stack traces.</summary>
/// <remarks>For all ways to servers; YARP's own lines about them are switched off (<see cref="GatewayHosting"/>). Each failure counts in `athena.gateway.proxying.duration`.</remarks>
internal sealed partial class FailureLog(TimeProvider time, ILogger<FailureLog> logger)
{
    /// <summary>How many servers are remembered; a fleet that changes its names for ever does not fill the memory.</summary>
    private const int Most = 10_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Said> _said = new(StringComparer.Ordinal);

    /// <summary>A request to a server came to nothing, or its answer did not come to its end.</summary>
    /// <param name="server">Name of the server; the address where it has none.</param>
    /// <param name="error">What YARP calls it.</param>
    /// <param name="isVisitors">Whether the visitor went away: nothing is wrong with the server.</param>
    public void Tell(string server, IForwarderErrorFeature error, bool isVisitors)
    {
        if (isVisitors)
        {
            LogLeft(server, error.Error);
            return;
        }
        var now = time.GetTimestamp();
        if (!_said.TryGetValue(server, out var said))
        {
            if (_said.Count >= Most)
            {
                _said.Clear();
            }
            said = _said.GetOrAdd(server, _ => new Said());
        }
        if (!said.IsTime(now, time))
        {
            return;
        }
        if (said.TakeUnsaid() is var unsaid && unsaid > 0)
        {
            LogFailedAgain(server, error.Error, FaultOf(error.Exception), unsaid);
        }
        else
        {
            LogFailed(server, error.Error, FaultOf(error.Exception));
        }
    }

    /// <summary>What went wrong in words, without the parts that say nothing more.</summary>
    internal static string FaultOf(Exception? exception)
    {
        var text = "";
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (!text.Contains(e.Message, StringComparison.Ordinal))
            {
                text += text.Length == 0 ? e.Message : $" {e.Message}";
            }
        }
        return text.Length > 0 ? text : "no more is known";
    }

    [LoggerMessage(4011, LogLevel.Warning, "A request to {Server} failed ({Error}): {Fault}")]
    private partial void LogFailed(string server, ForwarderError error, string fault);

    [LoggerMessage(4013, LogLevel.Warning, "A request to {Server} failed ({Error}): {Fault}; so did {Unsaid} more since the last line")]
    private partial void LogFailedAgain(string server, ForwarderError error, string fault, long unsaid);

    [LoggerMessage(4012, LogLevel.Debug, "A visitor of {Server} went away ({Error})")]
    private partial void LogLeft(string server, ForwarderError error);

    /// <summary>When something was last said of a server, and how much was not.</summary>
    private sealed class Said
    {
        private const long Never = long.MinValue;

        private long _at = Never;
        private long _unsaid;

        public bool IsTime(long now, TimeProvider time)
        {
            var at = Volatile.Read(ref _at);
            if ((at == Never || time.GetElapsedTime(at, now) >= Pause) && Interlocked.CompareExchange(ref _at, now, at) == at)
            {
                return true;
            }
            Interlocked.Increment(ref _unsaid);
            return false;
        }

        public long TakeUnsaid() => Interlocked.Exchange(ref _unsaid, 0);
    }
}
