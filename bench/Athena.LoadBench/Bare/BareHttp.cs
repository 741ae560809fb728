using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Athena.LoadBench.Bare;

/// <summary>The contender of the classic GET: a minimal API that always answers the same text.</summary>
internal static class BareHttp
{
    public const string Verb = "bare-http";

    public static async Task RunAsync(string port)
    {
        var app = BareHost.Builder(port, HttpProtocols.Http1).Build();
        app.MapGet(Contest.ClassicPath, () => "127.0.0.1:9001\n");
        await app.RunAsync();
    }
}
