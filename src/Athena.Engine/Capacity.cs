using Athena.Engine.Farms;

namespace Athena.Engine;

/// <summary>Places in flight: of a farm by priority class, and of a server. Whoever asks for a lease takes its place first, so that limits hold whatever happens at once.</summary>
internal static class Capacity
{
    public static bool EnterFarm(Farm farm, in BalanceQuery query)
    {
        var limit = LimitFor(farm.Definition.MaxInFlight, query.Priority);
        if (query.Lease is null)
        {
            return limit == 0 || farm.Cells.InFlight < limit;
        }
        if (farm.Cells.Enter(farm.IsLimited) <= limit || limit == 0)
        {
            return true;
        }
        farm.Cells.Leave(farm.IsLimited);
        return false;
    }

    public static void LeaveFarm(Farm farm, in BalanceQuery query)
    {
        if (query.Lease is not null)
        {
            farm.Cells.Leave(farm.IsLimited);
        }
    }

    /// <summary>Takes a place of a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="always">Whether also over its limit.</param>
    public static bool EnterServer(Server server, bool always = false)
    {
        if (server.Cells.Enter() <= server.Definition.MaxInFlight || server.Definition.MaxInFlight == 0 || always)
        {
            return true;
        }
        server.Cells.Leave();
        return false;
    }

    /// <summary>The part of a farm's capacity for a class, at least one; 0: no limit.</summary>
    public static int LimitFor(int capacity, PriorityClass priority) => capacity == 0 ? 0 : Math.Max(1, priority switch
    {
        PriorityClass.Low => (int)(capacity * 0.80),
        PriorityClass.High => capacity,
        _ => (int)(capacity * 0.95),
    });
}
