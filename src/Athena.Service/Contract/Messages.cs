using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Service.State;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using AdminState = Athena.Engine.Farms.AdminState;
using Cause = Athena.Engine.Farms.Cause;
using CauseKind = Athena.Engine.Farms.CauseKind;
using Farm = Athena.Engine.Farms.Farm;
using ForwardHop = Athena.Engine.ForwardHop;
using HealthState = Athena.Engine.Farms.HealthState;
using Member = Athena.Engine.Farms.Member;
using Server = Athena.Engine.Farms.Server;

namespace Athena.Service.Contract;

/// <summary>What the engine has, as messages.</summary>
internal static class Messages
{
    /// <summary>Writes a decision into a message, over whatever it held: every field is set.</summary>
    public static void Write(this in Decision decision, BalanceResponse response, TimeProvider time, TimeSpan? lease)
    {
        var member = decision.Member;
        response.DecisionId = decision.Lease != 0 ? decision.Lease : LeaseTable.NumberWithoutLease();
        response.Farm = decision.Farm!.Name;
        response.Server = member?.Server.Name ?? "";
        response.Address = member?.Server.Address ?? "";
        response.Url = member is null ? decision.Url : "";
        response.Alternates.Clear();
        response.Pinned = member is not null && decision.Pinned;
        response.Steered = decision.Steering.IsFollowed;
        response.Panicked = member is not null && decision.Farm.IsPanicking;
        response.Forwarded = decision.LastHop is not null || member is { IsStandIn: true };
        response.Hops.Clear();
        response.Revision = decision.Snapshot.Revision;
        response.Seed = decision.Seed;
        response.Lease = decision.Lease != 0 && lease is { } timeout
            ? new Lease { Timeout = Duration.FromTimeSpan(timeout), ExpireTime = Timestamp.FromDateTimeOffset(time.GetUtcNow() + timeout) } : null;
        response.Explanation = null;
        if (response.Forwarded)
        {
            AddHops(response, decision);
        }
    }

    public static V1.AdminState ToMessage(this AdminState state) => state switch
    {
        AdminState.Drain => V1.AdminState.Drain,
        AdminState.Off => V1.AdminState.Off,
        _ => V1.AdminState.On,
    };

    public static V1.HealthState ToMessage(this HealthState state) => state == HealthState.Up ? V1.HealthState.Up : V1.HealthState.Down;

    public static ServerStatus ToStatus(this Server server) => new()
    {
        Admin = server.State.Admin.State.ToMessage(),
        Health = server.State.Health.ToMessage(),
        Freshness = server.State.Freshness == Engine.Farms.FreshnessState.In ? V1.FreshnessState.In : V1.FreshnessState.Out,
        Available = server.IsAvailable,
        Causes = { server.Causes().Select(ToMessage) },
    };

    public static FarmStatus ToStatus(this Farm farm) => FarmView.Of(farm).ToStatus();

    public static FarmStatus ToStatus(this FarmView farm) => new()
    {
        Admin = farm.Admin.ToMessage(),
        Members = (uint)farm.Members,
        AvailableMembers = (uint)farm.Available,
        Panicking = farm.IsPanicking,
        Serving = farm.IsServing,
        Causes = { farm.Causes.Select(ToMessage) },
    };

    public static V1.Server ToMessage(this Server server)
    {
        var message = server.Definition.ToMessage();
        message.EffectiveExpectUpdate = Duration.FromTimeSpan(server.ExpectUpdate);
        message.EffectiveCheck = server.Check.ToMessage();
        message.Status = server.ToStatus();
        message.InFlight = server.Cells.InFlight;
        message.Chosen = server.Cells.Chosen;
        return message;
    }

    public static V1.Member ToMessage(this Member member) => new()
    {
        Server = member.Declared.Name,
        Weight = member.Weight,
        EffectiveWeight = member.EffectiveWeight,
        Tier = (uint)member.Definition.Tier,
        Admin = member.Admin.State.ToMessage(),
        Available = member.IsAvailable,
        Causes = { member.Causes().Select(ToMessage) },
    };

    public static V1.Farm ToMessage(this Farm farm)
    {
        var message = farm.Definition.ToMessage();
        message.Members.Clear();
        message.Members.AddRange(farm.Members.Select(ToMessage));
        message.Admin = farm.Admin.State.ToMessage();
        message.AvailableMembers = (uint)farm.AvailableCount;
        message.Panicking = farm.IsPanicking;
        message.Causes.AddRange(farm.OffCauses());
        return message;
    }

    private static IEnumerable<V1.Cause> OffCauses(this Farm farm) =>
        farm.IsOff ? [ToMessage(new Cause(CauseKind.Off, farm.Name, farm.Admin.Note))] : [];

    public static V1.Cause ToMessage(this Cause cause)
    {
        var message = new V1.Cause
        {
            Kind = cause.Kind switch
            {
                CauseKind.Off => V1.CauseKind.Off,
                CauseKind.Drain => V1.CauseKind.Drain,
                CauseKind.Down => V1.CauseKind.Down,
                CauseKind.CheckFailed => V1.CauseKind.CheckFailed,
                CauseKind.Out => V1.CauseKind.Out,
                CauseKind.Ejected => V1.CauseKind.Ejected,
                CauseKind.Full => V1.CauseKind.Full,
                CauseKind.WeightZero => V1.CauseKind.WeightZero,
                _ => throw new ArgumentOutOfRangeException(nameof(cause), cause.Kind, null),
            },
            Farm = cause.Farm ?? "",
        };
        if (cause.Note is { } note)
        {
            message.Actor = note.Actor;
            message.Reason = note.Reason;
            message.SinceTime = Timestamp.FromDateTimeOffset(note.Since);
            message.UntilTime = note.Until is { } until ? Timestamp.FromDateTimeOffset(until) : null;
        }
        return message;
    }

    private static void AddHops(BalanceResponse response, in Decision decision)
    {
        for (var hop = decision.LastHop; hop is not null; hop = hop.Previous)
        {
            response.Hops.Insert(0, ToMessage(hop));
        }
        if (decision.Member is { IsStandIn: true } member)
        {
            response.Hops.Add(new V1.ForwardHop { From = member.Declared.Name, To = member.Server.Name, Reason = V1.ForwardReason.ServerUnavailable });
        }
    }

    private static V1.ForwardHop ToMessage(ForwardHop hop) => new()
    {
        From = hop.From,
        To = hop.To,
        Reason = hop.Reason switch
        {
            Engine.ForwardReason.EngineOff => V1.ForwardReason.EngineOff,
            Engine.ForwardReason.FarmOff => V1.ForwardReason.FarmOff,
            Engine.ForwardReason.NoAvailableMember => V1.ForwardReason.NoAvailableMember,
            Engine.ForwardReason.FarmOverCapacity => V1.ForwardReason.FarmOverCapacity,
            _ => V1.ForwardReason.Unspecified,
        },
    };
}
