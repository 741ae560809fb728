using Athena.Engine.Farms;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Contract;

/// <summary>Checks, ejection and slow start as messages.</summary>
internal static class HealthMessages
{
    public static HealthCheck? ToMessage(this CheckDefinition? check) => check is null ? null : new HealthCheck
    {
        Kind = check.Kind switch
        {
            CheckKind.Http => HealthCheck.Types.Kind.Http,
            CheckKind.Tcp => HealthCheck.Types.Kind.Tcp,
            CheckKind.None => HealthCheck.Types.Kind.None,
            _ => HealthCheck.Types.Kind.Grpc,
        },
        Path = check.Path ?? "",
        ExpectedStatus = (uint)check.ExpectedStatus,
        BodyText = check.BodyText ?? "",
        Interval = Duration.FromTimeSpan(check.Interval),
        Timeout = Duration.FromTimeSpan(check.Timeout),
        Rise = (uint)check.Rise,
        Fall = (uint)check.Fall,
    };

    public static Ejection? ToMessage(this EjectionDefinition? ejection) => ejection is null ? null : new Ejection
    {
        Interval = Duration.FromTimeSpan(ejection.Interval),
        ConsecutiveFailures = (uint)ejection.ConsecutiveFailures,
        Enforce = (uint)ejection.Enforce,
        SuccessRate = ToMessage(ejection.SuccessRate),
        FailurePercentage = ToMessage(ejection.FailurePercentage),
        BaseTime = Duration.FromTimeSpan(ejection.BaseTime),
        LongestTime = Duration.FromTimeSpan(ejection.LongestTime),
        MostEjected = ejection.MostEjected,
    };

    public static SlowStart? ToMessage(this SlowStartDefinition? slow) => slow is null ? null : new SlowStart
    {
        Window = Duration.FromTimeSpan(slow.Window),
        Aggression = slow.Aggression,
        Smallest = slow.Smallest,
    };

    private static Outlier ToMessage(OutlierDefinition outlier) => new()
    {
        Threshold = outlier.Threshold,
        Requests = (uint)outlier.Requests,
        Members = (uint)outlier.Members,
        Enforce = (uint)outlier.Enforce,
    };
}
