namespace Athena.Engine.Tests;

/// <summary>Every policy, in the forms that take different ways through the code: for tests of what must hold for all.</summary>
internal static class EveryPolicy
{
    public static IReadOnlyList<string> Forms { get; } =
    [
        "round_robin",
        "random",
        "least_load",
        "least_load Pick=best",
        "least_load Pick=proportional",
        "least_load Statistic=cpu HandOutCost=0.5 Beta=0.5",
        "sum Statistics:load=1 Statistics:cpu=2.5",
        "sum Statistics:load=1 Statistics:cpu=0.5 Pick=best",
        "least_requests",
        "least_requests Choices=3 Bias=0.5",
        "peak_ewma",
        "peak_ewma Pick=best",
        "peak_ewma Pick=proportional",
        "least_time",
        "least_time Pick=two_choices",
        "least_time Pick=proportional",
        "consistent_hash",
        "consistent_hash LoadFactor=0",
        "weighted_load",
        "prequal",
        "prequal Quantile=0.3",
        "expression Score=0.6*load+0.4*cpu/(1+in_flight)",
        "expression Score=load+farm_median(cpu)+5*(age>10)+latency*error_rate+since_report Pick=best",
        "expression Score=100-coalesce(load,5)-rate+(label('zone')=='1') Reads=worth Pick=proportional",
        "expression Score=load>5?1/load:weight Pick=best",
    ];
}
