namespace Athena.Cli;

/// <summary>What the tool ends with; docs/cli.md explains them to users. The first four are those of `athena monitor` and of Nagios plug-ins.</summary>
internal static class ExitCodes
{
    /// <summary>Done; for `monitor`: no trouble.</summary>
    public const int Well = 0;

    /// <summary>The service refused, or found a fault in what was asked; for `monitor`: some servers are down or out.</summary>
    public const int Refused = 1;

    /// <summary>Nobody can serve: the farm has no available server.</summary>
    public const int NoServer = 2;

    /// <summary>The service was not reached, or did not answer in time.</summary>
    public const int NotReached = 3;

    /// <summary>The command line is wrong; sysexits' EX_USAGE.</summary>
    public const int Usage = 64;

    /// <summary>Ctrl-C before the answer came, as shells say it.</summary>
    public const int Interrupted = 130;
}
