namespace Athena.Engine.Farms;

/// <summary>How the service asks a server whether it is up.</summary>
public enum CheckKind
{
    /// <summary>Not at all: a server's own answer to its farms' check.</summary>
    None,

    /// <summary>GET of a path.</summary>
    Http,

    /// <summary>A connection that opens.</summary>
    Tcp,

    /// <summary>grpc.health.v1.</summary>
    Grpc,
}

/// <summary>An active check as it was declared.</summary>
public sealed record CheckDefinition(CheckKind Kind)
{
    /// <summary>HTTP: path and query; null: `/`. gRPC: name of the health service; null: empty.</summary>
    public string? Path { get; init; }

    /// <summary>HTTP: the status that counts as well; 0: 200 to 399.</summary>
    public int ExpectedStatus { get; init; }

    /// <summary>HTTP: text that the first 64 KiB of the body must contain; null: any body.</summary>
    public string? BodyText { get; init; }

    /// <summary>Time between checks.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time after which a check has failed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Good checks in a row that bring the server up.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>Bad checks in a row that take it down.</summary>
    public int Fall { get; init; } = 3;
}

/// <summary>A comparison of the members of a farm with one another, once an interval.</summary>
/// <param name="Threshold">Success rate: standard deviations below the mean. Failure percentage: percent of failures.</param>
/// <param name="Requests">Least outcomes of a member in the interval for it to be looked at.</param>
/// <param name="Members">Least members with so many outcomes for anybody to be looked at.</param>
/// <param name="Enforce">Percent of findings that eject; the others are counted only. 0: never, shadow mode.</param>
public sealed record OutlierDefinition(double Threshold, int Requests, int Members, int Enforce);

/// <summary>Ejection of members whose reported outcomes are bad. The defaults are Envoy's.</summary>
public sealed record EjectionDefinition
{
    /// <summary>Time between comparisons of the members.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Failures in a row that eject; 0: any number is borne.</summary>
    public int ConsecutiveFailures { get; init; } = 5;

    /// <summary>Percent of findings of consecutive failures that eject.</summary>
    public int Enforce { get; init; } = 100;

    /// <summary>Success rates far below the mean.</summary>
    public OutlierDefinition SuccessRate { get; init; } = new(1.9, 100, 5, 100);

    /// <summary>Too large a part of failures; off (shadow) unless asked for, as in Envoy.</summary>
    public OutlierDefinition FailurePercentage { get; init; } = new(85, 50, 5, 0);

    /// <summary>How long the first ejection lasts; the n-th in short succession lasts n times as long.</summary>
    public TimeSpan BaseTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an ejection lasts at most.</summary>
    public TimeSpan LongestTime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Share of the farm's members that may be ejected at once; one always may, unless it is the last available.</summary>
    public double MostEjected { get; init; } = 0.1;
}

/// <summary>A gentle start for members that become available.</summary>
/// <param name="Window">How long it lasts.</param>
/// <param name="Aggression">1: in proportion to time; more: faster at first.</param>
/// <param name="Smallest">Least part of the weight.</param>
public sealed record SlowStartDefinition(TimeSpan Window, double Aggression = 1, double Smallest = 0.1)
{
    /// <summary>The part of its weight that a member has: Smallest to 1.</summary>
    /// <remarks>max(Smallest, (max(t, 1 s)/Window)^(1/Aggression)). Source: Envoy, slow start.</remarks>
    public double Factor(TimeSpan available) => available >= Window ? 1
        : Math.Min(1, Math.Max(Smallest, Math.Pow(Math.Max(available.TotalSeconds, 1) / Window.TotalSeconds, 1 / Aggression)));
}
