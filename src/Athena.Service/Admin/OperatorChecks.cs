using Athena.Engine.Farms;
using Athena.Service.Contract;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Admin;

/// <summary>What every operator's change has: who, why, until when.</summary>
internal static class OperatorChecks
{
    /// <summary>The checks of these three; more may be added.</summary>
    public static RequestChecks Of(string actor, string reason, Timestamp? until, TimeProvider time)
    {
        var checks = new RequestChecks();
        checks.Length("actor", actor, RequestChecks.MaxActor);
        checks.Length("reason", reason, RequestChecks.MaxReason);
        if (until is not null && (until.Seconds is < -62135596800 or > 253402300799 || until.Nanos is < 0 or > 999_999_999 || until.ToDateTimeOffset() <= time.GetUtcNow()))
        {
            checks.Fault("until_time", "must be in the future");
        }
        return checks;
    }

    public static AdminState? AdminOf(V1.AdminState state) => state switch
    {
        V1.AdminState.On => AdminState.On,
        V1.AdminState.Drain => AdminState.Drain,
        V1.AdminState.Off => AdminState.Off,
        _ => null,
    };

    public static string ActorOf(string actor) => actor.Length > 0 ? actor : "anonymous";
}
