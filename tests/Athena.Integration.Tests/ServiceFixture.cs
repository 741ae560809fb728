using Athena.Testing;

namespace Athena.Integration.Tests;

/// <summary>One service for tests that leave no trace in each other's farms: `web` (round_robin of a, b, c), `lazy` (least_load of d, e on `load`), `gone` (nobody, forwards to a URL), `nobody` (nobody).</summary>
public sealed class ServiceFixture : IAsyncLifetime
{
    public AthenaHost Athena { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Athena = await AthenaHost.StartAsync(new
    {
        Servers = new Dictionary<string, object>
        {
            ["a"] = new { Address = "http://127.0.0.1:9001", Labels = new { zone = "x" } },
            ["b"] = new { Address = "http://127.0.0.1:9002", Labels = new { zone = "y" } },
            ["c"] = new { Address = "http://127.0.0.1:9003" },
            ["d"] = new { Address = "http://127.0.0.1:9004" },
            ["e"] = new { Address = "http://127.0.0.1:9005" },
        },
        Farms = new Dictionary<string, object>
        {
            ["web"] = new { Members = new { a = new { }, b = new { }, c = new { } } },
            ["lazy"] = new { Policy = new { Name = "least_load", Pick = "best" }, Members = new { d = new { }, e = new { } } },
            ["gone"] = new { Forward = new { Down = "https://sorry.example/" } },
            ["nobody"] = new { Policy = new { Name = "random" } },
        },
    });

    public ValueTask DisposeAsync() => Athena.DisposeAsync();
}
