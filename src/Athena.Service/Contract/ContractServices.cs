using Grpc.AspNetCore.Server.Model;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Athena.Service.Contract;

internal static class ContractServices
{
    /// <summary>gRPC and JSON, as strict as the contract says.</summary>
    public static IServiceCollection AddAthenaContract(this IServiceCollection services)
    {
        services.AddSingleton<UnforeseenErrors>();
        var grpc = services.AddGrpc(options =>
        {
            options.Interceptors.Add<UnforeseenErrors>();
            options.MaxReceiveMessageSize = 4 << 20;
        });
        // Before transcoding adds its own provider beside it.
        services.RemoveAll(typeof(IServiceMethodProvider<>));
        services.AddSingleton(typeof(IServiceMethodProvider<>), typeof(GuardedMethods<>));
        grpc.AddJsonTranscoding(options =>
        {
            options.TypeRegistry = HttpErrors.DetailTypes;
            options.JsonSettings.IgnoreDefaultValues = true;
            options.JsonSettings.WriteInt64sAsStrings = true;
        });
        services.AddGrpcReflection();
        return services;
    }
}
