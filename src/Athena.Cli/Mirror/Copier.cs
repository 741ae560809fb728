using Athena.Cli.Calls;
using Athena.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Cli.Mirror;

/// <summary>What a mirror did, or could not do, with one subject.</summary>
internal sealed record Copied(string Subject, string What, bool Done);

/// <summary>Brings one service to where another stands: farms and servers, then forwards and states. Freshness is never copied.</summary>
internal sealed class Copier(Session source, Session target, bool statesOnly)
{
    private const int MostChanges = 1000;

    // What the target refused, so that it is said once and not tried again until it changes at the source.
    private readonly Dictionary<string, IMessage> _refused = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The target's revision after what this wrote.</summary>
    public long Written { get; private set; }

    /// <summary>Whether something was left for a later view, because an operator changed it while the last was compared.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Compares and writes what differs.</summary>
    public async Task<List<Copied>> CopyAsync(FleetView from, FleetView to)
    {
        var done = new List<Copied>();
        IsBehind = false;
        if (!statesOnly)
        {
            foreach (var server in from.Servers.Values.Select(Definitions.WithoutForward))
            {
                var known = to.Servers.TryGetValue(server.Name, out var present);
                await DefineAsync(server.Name, server, known ? Definitions.WithoutForward(present!) : null, () => ServerAsync(server, known), done);
            }
            foreach (var farm in from.Farms.Values.Select(Definitions.WithoutForwards))
            {
                var known = to.Farms.TryGetValue(farm.Name, out var present);
                await DefineAsync($"farm/{farm.Name}", farm, known ? Definitions.WithoutForwards(present!) : null, () => FarmAsync(farm, known), done);
            }
        }
        // What was just made has no slots in the view yet: a first look at its states comes with its first message, or with the second round.
        var slots = to.Slots().ToDictionary();
        foreach (var (slot, held) in from.Slots())
        {
            if (slots.TryGetValue(slot, out var present) && !held.Equals(present))
            {
                await SetAsync(slot, (held, from.Revision), (present, to.Revision), done);
            }
        }
        return done;
    }

    private async Task DefineAsync(string subject, IMessage wanted, IMessage? present, Func<Task<long>> write, List<Copied> done)
    {
        if (wanted.Equals(present) || (_refused.TryGetValue(subject, out var refused) && refused.Equals(wanted)))
        {
            return;
        }
        try
        {
            Written = await write();
            _refused.Remove(subject);
            done.Add(new(subject, present is null ? "made" : "changed", true));
        }
        catch (RpcException e) when (Refusals.Is(e))
        {
            _refused[subject] = wanted;
            var unable = present is null ? "takes no new ones at run time: declare it in its configuration" : "takes no changes of it at run time: change its configuration";
            done.Add(new(subject, e.StatusCode == StatusCode.Unimplemented ? $"{target.Address} {unable}" : $"{target.Address} refuses it: {e.Status.Detail}", false));
        }
    }

    private async Task<long> ServerAsync(Server server, bool known) => known
        ? (await target.Fleet.UpdateServerAsync(new() { Server = server, UpdateMask = Definitions.ServerFields }, target.Call)).Revision
        : (await target.Fleet.CreateServerAsync(new() { Server = server }, target.Call)).Revision;

    private async Task<long> FarmAsync(Farm farm, bool known) => known
        ? (await target.Fleet.UpdateFarmAsync(new() { Farm = farm, UpdateMask = Definitions.FarmFields }, target.Call)).Revision
        : (await target.Fleet.CreateFarmAsync(new() { Farm = farm }, target.Call)).Revision;

    private async Task SetAsync(Slot slot, (Held Held, long Revision) from, (Held Held, long Revision) to, List<Copied> done)
    {
        var (held, stamp, standing) = (from.Held, await StampAsync(source, slot, from), await StampAsync(target, slot, to));
        if (stamp is null || standing is null)
        {
            // The fleet stream brings it, and then it is compared again.
            IsBehind = true;
            return;
        }
        if (!Stamp.Wins(stamp, held, standing, to.Held) || held.Until <= target.Terminal.Time.GetUtcNow())
        {
            return;
        }
        try
        {
            Written = await WriteAsync(slot, held, stamp);
            done.Add(new(slot.Subject, slot.Kind == SlotKind.Forward ? $"forward {(held.Value.Trim() is { Length: > 0 } value ? value : "none")}" : held.Value, true));
        }
        catch (RpcException e) when (Refusals.Is(e))
        {
            done.Add(new(slot.Subject, $"{target.Address} refuses {held.Value}: {e.Status.Detail}", false));
        }
    }

    private static async Task<Stamp?> StampAsync(Session session, Slot slot, (Held Held, long Revision) stands)
    {
        var answer = await session.Fleet.ListChangesAsync(new() { Farm = slot.Farm, Server = slot.Server, PageSize = MostChanges }, session.Call);
        return Stamp.Of(slot, stands.Held, stands.Revision, answer.Changes);
    }

    private async Task<long> WriteAsync(Slot slot, Held held, Stamp stamp)
    {
        var (actor, reason) = (stamp.Actor.Length > 0 ? stamp.Actor : "mirror", stamp.MarkedReason());
        var until = held.Until is { } end ? Timestamp.FromDateTimeOffset(end) : null;
        var admin = held.Value switch { "off" => AdminState.Off, "drain" => AdminState.Drain, _ => AdminState.On };
        switch (slot)
        {
            case { Kind: SlotKind.Forward, Server.Length: 0 }:
                var both = held.Value.Split(' ');
                return (await target.Fleet.SetForwardAsync(new() { Farm = slot.Farm, Forwards = new() { Off = both[0], Down = both[1] }, Actor = actor, Reason = reason }, target.Call)).Revision;
            case { Kind: SlotKind.Forward }:
                return (await target.Fleet.SetForwardAsync(new() { Server = slot.Server, Forward = held.Value, Actor = actor, Reason = reason }, target.Call)).Revision;
            case { Kind: SlotKind.Admin, Server.Length: 0 }:
                return (await target.Fleet.SetFarmStateAsync(new() { Farm = slot.Farm, State = admin, Actor = actor, Reason = reason, UntilTime = until }, target.Call)).Revision;
            case { Kind: SlotKind.Admin }:
                return (await target.Fleet.SetMemberStateAsync(new() { Farm = slot.Farm, Server = slot.Server, State = admin, Actor = actor, Reason = reason, UntilTime = until }, target.Call)).Revision;
            default:
                var health = held.Value == "down" ? HealthState.Down : HealthState.Up;
                return (await target.Fleet.SetMemberStateAsync(new() { Server = slot.Server, Health = health, Actor = actor, Reason = reason, UntilTime = until }, target.Call)).Revision;
        }
    }
}
