using Athena.Engine.Farms;
using Athena.Engine.Simulating;
using Athena.Service.Contract;
using Athena.V1;
using Grpc.Core;
using Farm = Athena.Engine.Farms.Farm;

namespace Athena.Service.Admin;

/// <summary>Runs simulations beside decisions: few at once, each on a thread of its own, for a bounded time.</summary>
internal sealed class Simulations(Simulator simulator, FleetValidator validator, IHostApplicationLifetime lifetime) : IDisposable
{
    private const int PreviewDecisions = 1000;
    private const long PreviewWork = 2_000_000;
    private const int MaxPreviews = 10;
    private const int MaxFurther = 1000;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _places = new(Math.Clamp(Environment.ProcessorCount / 4, 1, 2));

    /// <summary>Decides as asked, and as often as things are.</summary>
    /// <exception cref="RpcException">The request is not acceptable, or others run.</exception>
    public async Task<SimulateResponse> RunAsync(Snapshot live, SimulateRequest request, CancellationToken cancellation)
    {
        var (now, then) = SimulationChecks.Plans(request, live, validator);
        return await BesideAsync(stop => SimulationMessages.Compare(then, simulator.Run(then, stop), simulator.Run(now, stop)), cancellation)
            ?? throw ApiErrors.TooManySimulations("as many simulations run as the service makes at once").AsException();
    }

    /// <summary>What a change would do to the farms that it bears on; null while other simulations run.</summary>
    public async Task<ChangePreview?> PreviewAsync(Snapshot before, Snapshot after, CancellationToken cancellation)
    {
        var differ = after.Farms.Where(f => !ReferenceEquals(before.FindFarm(f.Name), f) && before.FindFarm(f.Name) is not null)
            .OrderBy(f => f.Name, EntityName.Comparer).ToArray();
        return await BesideAsync(
            stop =>
            {
                var preview = new ChangePreview { FurtherFarms = { differ.Skip(MaxPreviews).Take(MaxFurther).Select(f => f.Name) } };
                preview.Farms.AddRange(differ.Take(MaxPreviews).Select(f => Preview(before, after, f, stop)));
                return preview;
            }, cancellation);
    }

    public void Dispose() => _places.Dispose();

    private FarmPreview Preview(Snapshot before, Snapshot after, Farm farm, CancellationToken stop)
    {
        var query = new Engine.BalanceQuery(farm.Name);
        var decisions = (int)Math.Clamp(PreviewWork / Math.Max(1, farm.Members.Count), 1, PreviewDecisions);
        var now = new SimulationPlan(before, FleetPart.Of(before, before.FindFarm(farm.Name)!), query, decisions, (ulong)Random.Shared.NextInt64());
        var then = now with { Live = after, Part = FleetPart.Of(after, farm) };
        return new FarmPreview { Farm = farm.Name, Outcome = SimulationMessages.Compare(then, simulator.Run(then, stop), simulator.Run(now, stop)) };
    }

    /// <summary>Does work on a thread of its own, which gives way to others; null when all places are taken.</summary>
    private async Task<T?> BesideAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
        where T : class
    {
        if (!_places.Wait(0, CancellationToken.None))
        {
            return null;
        }
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
            ending.CancelAfter(Longest);
            return await Task.Factory.StartNew(() => Politely(() => work(ending.Token)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (StatisticRefusedException e)
        {
            throw ApiErrors.InvalidField("overrides", e.Message).AsException();
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw (lifetime.ApplicationStopping.IsCancellationRequested
                ? new RpcException(new Status(StatusCode.Unavailable, "the service is stopping"))
                : ApiErrors.TooManySimulations(FormattableString.Invariant($"took longer than {Longest.TotalSeconds} s; ask for fewer decisions")).AsException());
        }
        finally
        {
            _places.Release();
        }
    }

    private static T Politely<T>(Func<T> work)
    {
        Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        return work();
    }
}
