using Athena.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Athena.LoadBench.Bare;

/// <summary>The contender of unary Balance: the same messages over stock gRPC, a constant answer.</summary>
internal static class BareGrpc
{
    public const string Verb = "bare-grpc";

    public static async Task RunAsync(string port)
    {
        var builder = BareHost.Builder(port, HttpProtocols.Http2);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Constant>();
        var app = builder.Build();
        app.MapGrpcService<Constant>();
        await app.RunAsync();
    }

    private sealed class Constant : BalancerService.BalancerServiceBase
    {
        public override Task<BalanceResponse> Balance(BalanceRequest request, ServerCallContext context) => Task.FromResult(new BalanceResponse
        {
            DecisionId = 0x1234_5678_9ABC_DEF0,
            Farm = Contest.Farm,
            Server = "one",
            Address = "http://127.0.0.1:9001",
            Revision = 1,
            Seed = 1234,
        });
    }
}
