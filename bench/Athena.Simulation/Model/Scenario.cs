namespace Athena.Simulation.Model;

/// <summary>How a server shares itself among requests.</summary>
internal enum Discipline
{
    /// <summary>So many workers; the rest waits in one queue, first come first served.</summary>
    Workers,

    /// <summary>All at once, each with its part of the cores.</summary>
    Sharing,
}

/// <summary>What is simulated. Times in seconds.</summary>
/// <param name="Name">A word or two.</param>
/// <param name="Load">Work offered, as a part of what all servers can do. Closed: decides how many clients there are.</param>
internal sealed record Scenario(string Name, double Load)
{
    /// <summary>Work per second of one worker of each server, in units of the mean request's at speed 1 in <see cref="ServiceTime"/>.</summary>
    public double[] Speeds { get; init; } = [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4];

    /// <summary>Workers, or cores, of each server.</summary>
    public int Workers { get; init; } = 4;

    public Discipline Discipline { get; init; }

    /// <summary>Whether the balancers are told the speeds as weights; otherwise all weights are one.</summary>
    public bool WeightsKnown { get; init; }

    /// <summary>Mean time of a request on one worker of speed 1.</summary>
    public double ServiceTime { get; init; } = 0.010;

    /// <summary>Standard deviation of the work of a request, as a part of its mean; log-normal.</summary>
    public double Deviation { get; init; } = 1;

    /// <summary>Clients that ask, think and ask again, instead of a stream of strangers.</summary>
    public bool Closed { get; init; }

    /// <summary>Mean time a closed client thinks.</summary>
    public double ThinkTime { get; init; } = 0.1;

    /// <summary>Closed clients; 0: as many as give the load.</summary>
    public int Clients { get; init; }

    /// <summary>Proxies of which each sees but its own requests. Athena is asked by all of them.</summary>
    public int Proxies { get; init; } = 4;

    /// <summary>Time between two reports of a server; each is late by up to a tenth.</summary>
    public double ReportPeriod { get; init; } = 1;

    /// <summary>Part of the reports that never arrive.</summary>
    public double ReportLoss { get; init; } = 0.01;

    /// <summary>Mean time between two noisy neighbours of a server; 0: none.</summary>
    public double NoiseEvery { get; init; }

    /// <summary>Mean time that a noisy neighbour stays.</summary>
    public double NoiseLength { get; init; } = 3;

    /// <summary>What it leaves of the server's speed.</summary>
    public double NoiseSpeed { get; init; } = 0.25;

    /// <summary>Whether one server after another restarts, all through the run.</summary>
    public bool Restarts { get; init; }

    /// <summary>Time before anything counts.</summary>
    public double WarmUp { get; init; } = 5;

    /// <summary>Time that counts.</summary>
    public double Length { get; init; } = 20;

    /// <summary>Most requests that wait at a server; more are refused at once.</summary>
    public int QueueLimit { get; init; } = 2000;

    /// <summary>Time after which a client gives up. The server goes on.</summary>
    public double Timeout { get; init; } = 5;

    /// <summary>One way between a client's proxy and a server.</summary>
    public double Hop { get; init; } = 0.00025;

    /// <summary>What asking Athena takes, there and back; proxies choose at once.</summary>
    public double LookUp { get; init; } = 0.0004;

    /// <summary>Whether Athena is asked as the gateway asks: decisions ahead, and outcomes that wait for company.</summary>
    public bool Ahead { get; init; }

    /// <summary>Work per second that all servers can do together, noise and restarts set aside.</summary>
    public double Capacity => Speeds.Sum() * Workers / ServiceTime;
}
