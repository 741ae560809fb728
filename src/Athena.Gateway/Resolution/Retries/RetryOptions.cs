using System.ComponentModel.DataAnnotations;

namespace Athena.Gateway.Resolution.Retries;

/// <summary>When a request that a server did not take goes to another one. Read once at start.</summary>
public sealed class RetryOptions
{
    /// <summary>Further servers that one request may try. 0 (never) to 10; default 2.</summary>
    [Range(0, 10)]
    public int Most { get; set; } = 2;

    /// <summary>Retries of a farm as a part of its requests. 0 to 1; default 0.2.</summary>
    [Range(0.0, 1.0)]
    public double Budget { get; set; } = 0.2;

    /// <summary>Retries that a quiet farm may make beyond its budget, one of them anew each second. 0 to 1,000; default 10.</summary>
    [Range(0, 1000)]
    public int Reserve { get; set; } = 10;
}
