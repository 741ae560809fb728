using Athena.Engine.Steering;

namespace Athena.Service.State;

/// <summary>What `Athena:Steering` says.</summary>
/// <param name="Settings">By what the engine judges tokens.</param>
/// <param name="Cookie">Name of the cookie that carries a token.</param>
/// <param name="Header">Name of the header, and of the gRPC metadata, that carries a token.</param>
internal sealed record SteeringConfiguration(SteeringSettings Settings, string Cookie, string Header)
{
    /// <summary>What keeps a cookie to one host, over https alone.</summary>
    public const string HostPrefix = "__Host-";

    /// <summary>No key, the usual names.</summary>
    public static SteeringConfiguration Default { get; } = new(SteeringSettings.None, "athena", "athena-steer");

    /// <summary>The cookie's name with the prefix `__Host-`.</summary>
    public string HostCookie { get; } = Cookie.StartsWith(HostPrefix, StringComparison.Ordinal) ? Cookie : HostPrefix + Cookie;
}

/// <summary>The steering configuration in force: keys for the engine, names for those who read requests.</summary>
internal sealed class SteeringInForce(SteeringVerifier verifier)
{
    private volatile SteeringConfiguration _current = SteeringConfiguration.Default;

    /// <summary>The last good one.</summary>
    public SteeringConfiguration Current => _current;

    /// <summary>Puts another one in force for all questions from now on.</summary>
    public void Put(SteeringConfiguration next)
    {
        verifier.Use(next.Settings);
        _current = next;
    }
}
