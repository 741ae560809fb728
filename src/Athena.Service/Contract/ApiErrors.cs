using System.Globalization;
using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using CauseKind = Athena.Engine.Farms.CauseKind;
using Farm = Athena.Engine.Farms.Farm;
using Snapshot = Athena.Engine.Farms.Snapshot;
using Status = Google.Rpc.Status;

namespace Athena.Service.Contract;

/// <summary>The one place that turns an answer without a server, or a fault, into a status with its ErrorInfo.</summary>
internal static class ApiErrors
{
    /// <summary>Domain of every ErrorInfo.</summary>
    public const string Domain = "athena";

    private const string ReasonPrefix = "ERROR_REASON_";

    private static readonly Duration RetrySoon = Duration.FromTimeSpan(TimeSpan.FromSeconds(1));

    /// <summary>The status of a decision that found nobody.</summary>
    public static Status NoServer(in Decision decision, in BalanceQuery query)
    {
        var farm = decision.Farm;
        switch (decision.Kind)
        {
            case DecisionKind.FarmNotFound:
                return FarmNotFound(query.Farm, decision.Snapshot);
            case DecisionKind.EngineOff:
                return Make(Code.Unavailable, ErrorReason.EngineOff, "the engine is off");
            case DecisionKind.FarmOff:
                return Make(Code.Unavailable, ErrorReason.FarmOff, $"farm '{farm!.Name}' is off", [("farm", farm.Name)]);
            case DecisionKind.FarmOverCapacity:
                var limit = Text(farm!.LimitFor(query.Priority));
                return Make(Code.ResourceExhausted, ErrorReason.FarmOverCapacity, $"farm '{farm.Name}' is at its capacity",
                    [("farm", farm.Name), ("inFlight", Text(farm.Cells.InFlight)), ("limit", limit)],
                    new RetryInfo { RetryDelay = RetrySoon },
                    new QuotaFailure { Violations = { new QuotaFailure.Types.Violation { Subject = $"farm:{farm.Name}", Description = $"at most {limit} decisions in flight for this priority class" } } });
            case DecisionKind.TooManyLeases:
                return Make(Code.ResourceExhausted, ErrorReason.TooManyLeases, "as many leases are open as the service keeps",
                    [("limit", Text(LeaseTable.MaxOpen))], new RetryInfo { RetryDelay = RetrySoon });
            case DecisionKind.NoAvailableMember:
            case DecisionKind.ForwardTooDeep:
                return Make(Code.Unavailable, ErrorReason.NoAvailableMember, $"no server available in {farm!.Name}",
                    [("farm", farm.Name), .. Counts(farm, query)], new RetryInfo { RetryDelay = RetrySoon });
            default:
                throw new ArgumentOutOfRangeException(nameof(decision), decision.Kind, null);
        }
    }

    public static Status FarmNotFound(string farm, Snapshot snapshot) =>
        NotFound(ErrorReason.FarmNotFound, "farm", farm, snapshot.Farms.Select(f => f.Name));

    public static Status ServerNotFound(string server, Snapshot snapshot) =>
        NotFound(ErrorReason.ServerNotFound, "server", server, snapshot.Servers.Select(s => s.Name));

    public static Status MemberNotFound(string farm, string server) =>
        Make(Code.NotFound, ErrorReason.MemberNotFound, $"server '{server}' is not a member of farm '{farm}'", [("farm", farm), ("server", server)]);

    public static Status RevisionMismatch(long revision) =>
        Make(Code.Aborted, ErrorReason.RevisionMismatch, $"the present revision is {Text(revision)}", [("revision", Text(revision))]);

    public static Status ChangeNotFound(long change) =>
        Make(Code.NotFound, ErrorReason.ChangeNotFound, $"no change {Text(change)} among the last ones", [("change", Text(change))]);

    /// <summary>A change that cannot be undone, what it changed, and who set that last, if known.</summary>
    public static Status ChangeSuperseded(long change, string subject, string? by)
    {
        List<(string, string)> metadata = [("change", Text(change)), ("subject", subject)];
        if (by is not null)
        {
            metadata.Add(("by", by));
        }
        return Make(Code.FailedPrecondition, ErrorReason.ChangeSuperseded, $"{subject} was changed again since change {Text(change)}" + (by is null ? "" : $", last by {by}"), metadata);
    }

    public static Status TooManySimulations(string message) =>
        Make(Code.ResourceExhausted, ErrorReason.TooManySimulations, message, [], new RetryInfo { RetryDelay = RetrySoon });

    public static Status AlreadyExists(string kind, string name) => Make(Code.AlreadyExists, ErrorReason.AlreadyExists, $"there is a {kind} '{name}'",
        [("kind", kind), ("name", name)], new ResourceInfo { ResourceType = $"athena/{kind}", ResourceName = name });

    /// <summary>Something that others refer to; each with where it is and what it does.</summary>
    public static Status InUse(string kind, string name, IReadOnlyCollection<FleetFault> users)
    {
        var details = new PreconditionFailure();
        details.Violations.AddRange(users.Select(u => new PreconditionFailure.Types.Violation { Type = "IN_USE", Subject = u.Path, Description = u.Message }));
        return Make(Code.FailedPrecondition, ErrorReason.InUse, $"{kind} '{name}' is in use: {string.Join("; ", users.Take(3).Select(u => u.Message))}", [("kind", kind), ("name", name)], details);
    }

    public static Status Configured(string kind, string name) =>
        Make(Code.FailedPrecondition, ErrorReason.Configured, $"{kind} '{name}' is declared in the configuration; remove it there", [("kind", kind), ("name", name)]);

    public static Status NotConfigured(string kind, string name) =>
        Make(Code.FailedPrecondition, ErrorReason.NotConfigured, $"{kind} '{name}' is not declared in the configuration", [("kind", kind), ("name", name)]);

    public static Status StoreFull() =>
        Make(Code.ResourceExhausted, ErrorReason.StoreFull, "the store has no room for the change, which was not made", [], new RetryInfo { RetryDelay = RetrySoon });

    public static Status StoreUnavailable() =>
        Make(Code.Unavailable, ErrorReason.StoreUnavailable, "the store did not take the change, which was not made", [], new RetryInfo { RetryDelay = RetrySoon });

    /// <summary>A change that was sent to the store and not answered in time.</summary>
    public static Status StoreSilent() =>
        Make(Code.Unavailable, ErrorReason.StoreUnavailable, "the store did not answer in time: the change may have been made, or not; look before you repeat it", [("made", "unknown")], new RetryInfo { RetryDelay = RetrySoon });

    /// <summary>Fields that are not acceptable.</summary>
    public static Status InvalidFields(ErrorReason reason, params IReadOnlyCollection<(string Field, string Message)> faults) =>
        Make(Code.InvalidArgument, reason, string.Join("; ", faults.Take(3).Select(f => $"{f.Field}: {f.Message}")), [], BadRequest(faults));

    public static Status InvalidField(string field, string message) => InvalidFields(ErrorReason.InvalidField, (field, message));

    /// <summary>Bytes that are not a message of the method.</summary>
    public static Status Malformed(string message, string? field = null) =>
        field is null ? Make(Code.InvalidArgument, ErrorReason.MalformedRequest, message)
            : Make(Code.InvalidArgument, ErrorReason.MalformedRequest, $"{field}: {message}", [], BadRequest([(field, message)]));

    /// <summary>The caller may not do this: it lacks a role.</summary>
    public static Status RoleRequired(string role, string message) => Make(Code.PermissionDenied, ErrorReason.RoleRequired, message, [("role", role)]);

    public static Status NotYetAvailable(string what) => Make(Code.Unimplemented, ErrorReason.NotYetAvailable, $"{what} is not available in this version");

    public static Status Internal() => Make(Code.Internal, ErrorReason.Internal, "the service failed; its log has the details");

    public static Status RouteNotFound(string path) => Make(Code.NotFound, ErrorReason.RouteNotFound, $"no route has the path '{path}'");

    public static Status MethodNotAllowed(string method, string allowed) =>
        Make(Code.Unimplemented, ErrorReason.MethodNotAllowed, $"this path has no method {method}; it has {allowed}", [("allowed", allowed)]);

    /// <summary>As the exception that gRPC and transcoding turn into an answer.</summary>
    public static RpcException AsException(this Status status) => status.ToRpcException();

    /// <summary>The reason's name on the wire: UPPER_SNAKE_CASE without the enumeration's prefix.</summary>
    public static string NameOf(ErrorReason reason) =>
        ErrorReasonReflection.Descriptor.EnumTypes[0].FindValueByNumber((int)reason).Name[ReasonPrefix.Length..];

    private static Status NotFound(ErrorReason reason, string kind, string name, IEnumerable<string> known)
    {
        var near = EntityName.Closest(name, known);
        var shown = name.Length <= EntityName.MaxLength ? name : name[..EntityName.MaxLength] + "...";
        List<(string, string)> metadata = [(kind, shown)];
        if (near is not null)
        {
            metadata.Add(("suggestion", near));
        }
        return Make(Code.NotFound, reason, $"no {kind} '{shown}'" + (near is null ? "" : $"; did you mean '{near}'?"), metadata,
            new ResourceInfo { ResourceType = $"athena/{kind}", ResourceName = shown });
    }

    private static IEnumerable<(string, string)> Counts(Farm farm, BalanceQuery query)
    {
        var members = farm.Members;
        int Having(params CauseKind[] kinds) => members.Count(m => m.Causes().Any(c => kinds.Contains(c.Kind)));
        var excluded = members.Count(m => query.Exclude?.Contains(m.Server.Name, EntityName.Comparer) == true
            || query.Labels?.Any(l => m.Server.Definition.Labels.GetValueOrDefault(l.Key) != l.Value) == true);
        return
        [
            ("members", Text(members.Count)), ("off", Text(Having(CauseKind.Off))), ("drain", Text(Having(CauseKind.Drain))), ("down", Text(Having(CauseKind.Down, CauseKind.CheckFailed))),
            ("out", Text(Having(CauseKind.Out))), ("ejected", Text(Having(CauseKind.Ejected))), ("full", Text(Having(CauseKind.Full))), ("excluded", Text(excluded)),
        ];
    }

    private static BadRequest BadRequest(IEnumerable<(string Field, string Message)> faults)
    {
        var details = new BadRequest();
        details.FieldViolations.AddRange(faults.Select(f => new BadRequest.Types.FieldViolation { Field = f.Field, Description = f.Message }));
        return details;
    }

    private static Status Make(Code code, ErrorReason reason, string message, IEnumerable<(string Key, string Value)>? metadata = null, params IMessage[] details)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = NameOf(reason) };
        foreach (var (key, value) in metadata ?? [])
        {
            info.Metadata[key] = value;
        }
        var status = new Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(info));
        status.Details.AddRange(details.Select(Any.Pack));
        return status;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
