namespace Athena.Client;

/// <summary>How <see cref="SteadyBalancer"/> decides.</summary>
public sealed class SteadyOptions
{
    /// <summary>File that keeps the last fleet, so that a process which starts while the service is away can decide. Null (default): none is kept.</summary>
    public string? SnapshotFile { get; set; }

    /// <summary>Whether busy farms' plain questions are answered by decisions that the service made up to 10 ms ahead. Default true.</summary>
    public bool Ahead { get; set; } = true;
}
