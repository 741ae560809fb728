using Athena.Simulation.Choosers;

namespace Athena.Simulation.Model;

/// <summary>One request of a client.</summary>
internal sealed class Request(long number, int proxy, double work, long asked)
{
    public long Number { get; } = number;

    /// <summary>The proxy it came through.</summary>
    public int Proxy { get; } = proxy;

    /// <summary>Its work, in units of the mean one's.</summary>
    public double Work { get; } = work;

    /// <summary>When the client asked.</summary>
    public long Asked { get; } = asked;

    /// <summary>Whether the client has its answer, or gave up.</summary>
    public bool IsDone { get; set; }

    /// <summary>The attempt under way.</summary>
    public Attempt? Attempt { get; set; }
}

/// <summary>A request on its way to one server.</summary>
internal sealed class Attempt(Request request, Choice choice, long chosen, bool isRetry)
{
    public Request Request { get; } = request;

    public Choice Choice { get; } = choice;

    public long Chosen { get; } = chosen;

    public bool IsRetry { get; } = isRetry;
}
