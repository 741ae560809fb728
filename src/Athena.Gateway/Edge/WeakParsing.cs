namespace Athena.Gateway.Edge;

/// <summary>Switches of the server that make it read ambiguous requests: the gateway does not start with one of them.</summary>
internal static class WeakParsing
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.";

    /// <exception cref="InvalidOperationException">A switch is set that weakens parsing, or one that strengthens it is not.</exception>
    public static void Refuse()
    {
        if (IsOn(Kestrel + "EnableInsecureChunkedRequestParsing"))
        {
            throw new InvalidOperationException($"{Kestrel}EnableInsecureChunkedRequestParsing is on: it lets requests be smuggled (CVE-2025-55315). Take it out of runtimeconfig.json or the environment.");
        }
        if (!IsOn(Kestrel + "DisableHttp1LineFeedTerminators"))
        {
            throw new InvalidOperationException($"{Kestrel}DisableHttp1LineFeedTerminators is not on: athena's own runtimeconfig.json sets it, and it was changed or lost.");
        }
    }

    private static bool IsOn(string name) => AppContext.TryGetSwitch(name, out var on) && on;
}
