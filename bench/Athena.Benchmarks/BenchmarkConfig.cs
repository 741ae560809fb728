using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Athena.Benchmarks;

/// <summary>How the benchmarks run: short by default, all of them within four minutes; thoroughly with `--full`.</summary>
internal static class BenchmarkConfig
{
    /// <summary>The argument that asks for BenchmarkDotNet's default job.</summary>
    public const string Full = "--full";

    private const int LongestParameter = 40;

    /// <summary>All in this process: nothing is built, and one run's JIT sees several policies, as a service with several farms does.</summary>
    public static IConfig Make(bool full)
    {
        var job = full ? Job.Default : Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100)).WithIterationCount(5);
        return DefaultConfig.Instance
            .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(LongestParameter))
            .HideColumns(Column.Job, Column.Toolchain, Column.IterationCount, Column.IterationTime, Column.LaunchCount, Column.WarmupCount, Column.RatioSD)
            .WithOptions(ConfigOptions.DisableOptimizationsValidator);
    }
}
