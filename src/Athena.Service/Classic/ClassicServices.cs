using Athena.Hosting;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

internal static class ClassicServices
{
    /// <summary>The classic interface.</summary>
    public static IServiceCollection AddAthenaClassic(this IServiceCollection services)
    {
        services.AddOptions<EnginePathOptions>().Configure<IConfiguration>((options, configuration) => options.Read(configuration)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EnginePathOptions>, EnginePathOptionsValidator>();
        services.AddStrictOptions<ClassicOptions>("Athena:Classic");
        services.AddSingleton<IValidateOptions<ClassicOptions>, ClassicOptionsValidator>();
        services.AddSingleton<ClassicAccess>();
        services.AddSingleton<ClassicBalance>();
        services.AddSingleton<ClassicStatus>();
        services.AddSingleton<ClassicDebug>();
        services.AddSingleton<ClassicUpdate>();
        services.AddSingleton<ClassicMirror>();
        services.AddSingleton<ClassicFunctions>();
        services.AddSingleton<ClassicApi>();
        return services;
    }
}
