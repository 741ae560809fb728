using Athena.Engine.Leases;
using Athena.Simulation.Model;

namespace Athena.Simulation.Choosers;

/// <summary>Chooses a server for each request: Athena, or what proxies do without it.</summary>
internal interface IChooser
{
    /// <summary>Seconds that asking takes.</summary>
    double LookUp { get; }

    /// <summary>A server for a request; place -1 when nobody is up.</summary>
    /// <param name="proxy">Who asks.</param>
    /// <param name="excluded">Server that it has just tried in vain; -1: none.</param>
    Choice Choose(int proxy, int excluded);

    /// <summary>What became of a choice, as the proxy saw it.</summary>
    void Ended(int proxy, Choice choice, OutcomeKind outcome, long latency);

    /// <summary>A server's report has arrived.</summary>
    void Reported(int server, LoadReport report);

    /// <summary>A check has found a server down, or up again.</summary>
    void Found(int server, bool isUp);

    /// <summary>A tenth of a second has passed.</summary>
    void Tick();
}

/// <summary>A server, by its place, and the lease that Athena opened for it.</summary>
internal readonly record struct Choice(int Server, ulong Lease = 0);
