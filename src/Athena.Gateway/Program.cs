using Athena.Gateway;
using Athena.Hosting;

return await ProcessStart.RunAsync("Athena's gateway", async () =>
{
    var builder = WebApplication.CreateSlimBuilder(args);
    builder.AddGatewayConfiguration();
    builder.AddGatewayListeners();
    builder.AddGatewayServices();

    var app = builder.Build();
    app.UseManagement();
    app.UseTraffic();
    await app.RunAsync();
});
