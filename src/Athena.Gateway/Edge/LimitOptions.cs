using System.ComponentModel.DataAnnotations;

namespace Athena.Gateway.Edge;

/// <summary>How much a visitor may take. Read once at start.</summary>
public sealed class LimitOptions
{
    /// <summary>Open connections, upgraded ones among them. 1 to 1,000,000; default 20,000. One more is closed at once.</summary>
    [Range(1, 1_000_000)]
    public int Connections { get; set; } = 20_000;

    /// <summary>Requests that one address may have running. 1 to 1,000,000, 0: no limit; default 1,000. One more gets 429.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerAddress { get; set; } = 1000;

    /// <summary>Bytes of a request line. 64 to 1,048,576; default 8,192. One more gets 414.</summary>
    [Range(64, 1 << 20)]
    public int RequestLine { get; set; } = 8192;

    /// <summary>Bytes of all fields of a head. 1,024 to 1,048,576; default 32,768. One more gets 431.</summary>
    [Range(1024, 1 << 20)]
    public int Headers { get; set; } = 32 << 10;

    /// <summary>Fields of a head. 8 to 10,000; default 100. One more gets 431.</summary>
    [Range(8, 10_000)]
    public int HeaderCount { get; set; } = 100;

    /// <summary>Bytes of a request's body. 0 or more, -1: no limit; default 1 GiB. One more gets 413.</summary>
    [Range(-1L, long.MaxValue)]
    public long Body { get; set; } = 1L << 30;

    /// <summary>Time for a whole head to arrive. 1 s to 10 min; default 10 s. Then 408 and the connection is closed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time that a connection may be idle between requests. 1 s to 1 h; default 75 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(75);

    /// <summary>Bytes per second, on average after 5 s, below which a body coming in or an answer going out is cut. 0: no limit; default 240.</summary>
    [Range(0, 1 << 30)]
    public int DataRate { get; set; } = 240;

    /// <summary>Streams of one HTTP/2 connection. 1 to 10,000; default 100.</summary>
    [Range(1, 10_000)]
    public int Http2Streams { get; set; } = 100;

    /// <summary>HTTP/2 frames per second that carry nothing (PING, SETTINGS, PRIORITY, RST_STREAM, empty DATA) on one connection; twice as many at once. 10 to 1,000,000; default 2,000. Beyond it the connection is cut.</summary>
    [Range(10, 1_000_000)]
    public int Http2IdleFrames { get; set; } = 2000;
}
