using Athena.Hosting;
using Athena.Service;
using Athena.Service.Admin;
using Athena.Service.Api;
using Athena.Service.Classic;
using Athena.Service.Contract;
using Athena.Service.Health;
using Athena.Service.State;
using Athena.Service.Telemetry;

return await ProcessStart.RunAsync("Athena's service", async () =>
{
    var builder = WebApplication.CreateSlimBuilder(args);
    builder.AddAthenaConfiguration();
    builder.AddAthenaListeners();
    builder.Services.AddAthenaEngine();
    builder.Services.AddAthenaState();
    builder.Services.AddAthenaHealth();
    builder.Services.AddAthenaTelemetry();
    builder.Services.AddAthenaContract();
    builder.Services.AddAthenaApi();
    builder.Services.AddAthenaFaces();

    var app = builder.Build();
    app.UseMiddleware<ClassicPaths>();
    app.UseMiddleware<EmptyAnswers>();
    app.UseRouting();
    app.UseMiddleware<StrictJson>();
    app.UseMiddleware<WatchHttp>();
    app.MapAthenaFaces();
    app.MapAthenaHealth();
    app.MapAthenaTelemetry();
    await app.RunAsync();
});
