using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Athena.LoadBench.Bare;

/// <summary>A server that has work to do: a few workers, each busy with one request for some milliseconds, half to one and a half of the mean; whoever comes later waits his turn.</summary>
internal static class WorkingServer
{
    public const string Verb = "working-server";

    public static async Task RunAsync(string port, string workers, string milliseconds)
    {
        var free = new SemaphoreSlim(int.Parse(workers, CultureInfo.InvariantCulture));
        var mean = double.Parse(milliseconds, CultureInfo.InvariantCulture);
        var app = BareHost.Builder(port, HttpProtocols.Http1).Build();
        app.Run(async context =>
        {
            await free.WaitAsync(context.RequestAborted);
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(mean * (0.5 + Random.Shared.NextDouble())), TimeProvider.System, context.RequestAborted);
            }
            finally
            {
                free.Release();
            }
            await context.Response.WriteAsync("done\n");
        });
        await app.RunAsync();
    }
}
