using System.Net;
using System.Net.Sockets;
using Athena.Engine.Farms;
using Athena.Service.Health.Checks;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Athena.Service.Tests.Health.Checks;

public sealed class ProbeTests : IAsyncLifetime
{
    private readonly CheckHandler _handler = new();
    private WebApplication _app = null!;

    private Uri Address => new(_app.Urls.First());

    [Theory]
    [InlineData("/ok", 0, null, null)]
    [InlineData("/ok?x=1", 0, null, null)]
    [InlineData("/moved", 0, null, null)]
    [InlineData("/broken", 0, null, "status 500")]
    [InlineData("/broken", 500, null, null)]
    [InlineData("/ok", 204, null, "status 200")]
    [InlineData("/ok", 0, "all is wéll", null)]
    [InlineData("/ok", 0, "not there", "the body has not the text expected")]
    [InlineData("/long", 0, "within", null)]
    [InlineData("/long", 0, "beyond", "the body has not the text expected")]
    public async Task Http_looks_at_status_and_text(string path, int status, string? text, string? fault) =>
        Assert.Equal(fault, await new HttpProbe(_handler).AskAsync(Address, new CheckDefinition(CheckKind.Http) { Path = path, ExpectedStatus = status, BodyText = text }, Token()));

    [Fact]
    public async Task Tcp_looks_at_the_connection()
    {
        var check = new CheckDefinition(CheckKind.Tcp);
        Assert.Null(await new TcpProbe().AskAsync(Address, check, Token()));
        await Assert.ThrowsAsync<SocketException>(() => new TcpProbe().AskAsync(ClosedPort(), check, Token()));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("good", null)]
    [InlineData("bad", "gRPC health NotServing")]
    [InlineData("stranger", "gRPC status NotFound")]
    public async Task Grpc_looks_at_the_health_service(string? service, string? fault)
    {
        await using var app = await GrpcAsync(health: true);
        Assert.Equal(fault, await new GrpcProbe(_handler).AskAsync(new Uri(app.Urls.First()), new CheckDefinition(CheckKind.Grpc) { Path = service }, Token()));
    }

    [Fact]
    public async Task A_server_without_the_health_service_is_up()
    {
        await using var app = await GrpcAsync(health: false);
        Assert.Null(await new GrpcProbe(_handler).AskAsync(new Uri(app.Urls.First()), new CheckDefinition(CheckKind.Grpc), Token()));
        Assert.Equal("gRPC status Unavailable", await new GrpcProbe(_handler).AskAsync(ClosedPort(), new CheckDefinition(CheckKind.Grpc), Token()));
    }

    public async ValueTask InitializeAsync()
    {
        _app = Build(HttpProtocols.Http1);
        _app.MapGet("/ok", () => "all is wéll");
        _app.MapGet("/moved", () => Results.Redirect("/broken"));
        _app.MapGet("/broken", () => Results.StatusCode(500));
        _app.MapGet("/long", () => new string('x', HttpProbe.MostRead - 6) + "withinbeyond");
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _handler.Dispose();
    }

    private static async Task<WebApplication> GrpcAsync(bool health)
    {
        var app = Build(HttpProtocols.Http2);
        if (health)
        {
            app.MapGrpcService<HealthServiceImpl>();
            var service = app.Services.GetRequiredService<HealthServiceImpl>();
            service.SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
            service.SetStatus("good", HealthCheckResponse.Types.ServingStatus.Serving);
            service.SetStatus("bad", HealthCheckResponse.Types.ServingStatus.NotServing);
        }
        else
        {
            app.MapGrpcService<Greeter>();
        }
        await app.StartAsync();
        return app;
    }

    private static WebApplication Build(HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = protocols));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<HealthServiceImpl>();
        return builder.Build();
    }

    private static Uri ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"tcp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    private static CancellationToken Token() => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    /// <summary>Any gRPC service that is not the health service.</summary>
    private sealed class Greeter : V1.StatsService.StatsServiceBase;
}
