using System.Globalization;
using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.State;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using AdminState = Athena.V1.AdminState;
using CauseKind = Athena.Engine.Farms.CauseKind;
using HealthState = Athena.V1.HealthState;
using OperatorChange = Athena.V1.OperatorChange;

namespace Athena.Service.Admin;

/// <summary>The engine's switch, forwards, and what operators changed.</summary>
internal sealed partial class FleetApi
{
    public override async Task<SetEngineStateResponse> SetEngineState(SetEngineStateRequest request, ServerCallContext context)
    {
        var checks = OperatorChecks.Of(request.Actor, request.Reason, request.UntilTime, writer.Time);
        if (request.State is not (AdminState.On or AdminState.Off))
        {
            checks.Fault("state", "must be on or off; the engine does not drain");
        }
        checks.ThrowIfAny();
        var change = new StateChange
        {
            Admin = OperatorChecks.AdminOf(request.State),
            Actor = OperatorChecks.ActorOf(request.Actor),
            Reason = request.Reason,
            Until = request.UntilTime?.ToDateTimeOffset(),
        };
        var snapshot = await ChangeAsync(change, request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        var response = new SetEngineStateResponse { Revision = snapshot.Revision, State = snapshot.Engine.State.ToMessage(), Preview = await PreviewAsync(request.ValidateOnly, snapshot, context) };
        if (snapshot.Engine.State == Engine.Farms.AdminState.Off)
        {
            response.Causes.Add(new Engine.Farms.Cause(CauseKind.Off, Note: snapshot.Engine.Note).ToMessage());
        }
        return response;
    }

    public override async Task<SetForwardResponse> SetForward(SetForwardRequest request, ServerCallContext context)
    {
        var checks = OperatorChecks.Of(request.Actor, request.Reason, until: null, writer.Time);
        var ofFarm = request.Farm.Length > 0;
        if (ofFarm == request.Server.Length > 0)
        {
            checks.Fault("farm", "give either a farm or a server");
        }
        else
        {
            checks.Name(ofFarm ? "farm" : "server", ofFarm ? request.Farm : request.Server);
        }
        if (ofFarm ? request.Forward.Length > 0 : request.Forwards is not null)
        {
            checks.Fault(ofFarm ? "forward" : "forwards", ofFarm ? "belongs to a server; a farm has forwards" : "belong to a farm; a server has a forward");
        }
        if (request.AsConfigured && (request.Forward.Length > 0 || request.Forwards is not null))
        {
            checks.Fault("as_configured", "leaves no other forward; give one or the other");
        }
        if (ofFarm && !request.AsConfigured && request.Forwards is null)
        {
            checks.Fault("forwards", "is missing");
        }
        checks.ThrowIfAny();
        var change = new StateChange
        {
            Farm = ofFarm ? request.Farm : null,
            Server = ofFarm ? null : request.Server,
            Forward = new ForwardChange(request.AsConfigured, request.Forward.Length > 0 ? request.Forward : null, Target(request.Forwards?.Off), Target(request.Forwards?.Down)),
            Actor = OperatorChecks.ActorOf(request.Actor),
            Reason = request.Reason,
        };
        var snapshot = await ChangeAsync(change, request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new SetForwardResponse
        {
            Revision = snapshot.Revision,
            Farm = ofFarm ? snapshot.FindFarm(request.Farm)!.ToMessage() : null,
            Server = ofFarm ? null : snapshot.FindServer(request.Server)!.ToMessage(),
            Preview = await PreviewAsync(request.ValidateOnly, snapshot, context),
        };
    }

    public override Task<ListChangesResponse> ListChanges(ListChangesRequest request, ServerCallContext context)
    {
        var response = new ListChangesResponse();
        response.NextPageToken = Page(
            operators.Latest().Where(c => Matches(request.Farm, c.Change.Farm) && Matches(request.Server, c.Change.Server)),
            token => long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var before) ? c => c.Id < before : null,
            c => c.Id.ToString(CultureInfo.InvariantCulture), ToMessage, request.PageSize, request.PageToken, response.Changes);
        return Task.FromResult(response);
    }

    public override async Task<UndoChangeResponse> UndoChange(UndoChangeRequest request, ServerCallContext context)
    {
        OperatorChecks.Of(request.Actor, request.Reason, until: null, writer.Time).ThrowIfAny();
        var result = await writer.UndoAsync(request.Id, OperatorChecks.ActorOf(request.Actor), request.Reason,
            request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context.CancellationToken);
        switch (result.Status)
        {
            case WriteStatus.ChangeNotFound:
                throw ApiErrors.ChangeNotFound(request.Id).AsException();
            case WriteStatus.Superseded:
                var since = operators.Latest().FirstOrDefault(c => c.Id > request.Id && c.Change.Farm == result.Operator!.Change.Farm && c.Change.Server == result.Operator.Change.Server);
                throw ApiErrors.ChangeSuperseded(request.Id, SubjectOf(result.Operator!.Change), since?.Change.Actor).AsException();
            default:
                var snapshot = Written(result.Operator?.Change ?? operators.Find(request.Id)?.Change ?? new StateChange(), result);
                return new UndoChangeResponse { Revision = snapshot.Revision, Change = ToMessage(result.Operator!) };
        }
    }

    private static ForwardTarget? Target(string? text) => string.IsNullOrEmpty(text) ? null : new ForwardTarget(text);

    private static bool Matches(string wanted, string? name) => wanted.Length == 0 || EntityName.Comparer.Equals(wanted, name);

    private static string ForwardField(StateChange change, FleetFault fault) =>
        change.Farm is null ? "forward"
        : fault.Path.EndsWith(":Off", StringComparison.Ordinal) ? "forwards.off"
        : fault.Path.EndsWith(":Down", StringComparison.Ordinal) ? "forwards.down"
        : "forwards";

    private static string SubjectOf(StateChange change) => change switch
    {
        { Farm: { } farm, Server: { } server } => $"member {server} of farm {farm}",
        { Farm: { } farm } => $"farm {farm}",
        { Server: { } server } => $"server {server}",
        _ => "the engine",
    };

    private static OperatorChange ToMessage(State.OperatorChange made) => new()
    {
        Id = made.Id,
        ChangeTime = Timestamp.FromDateTimeOffset(made.Time),
        Actor = made.Change.Actor,
        Reason = made.Change.Reason,
        Farm = made.Change.Farm ?? "",
        Server = made.Change.Server ?? "",
        Before = ToMessage(made.Before, made.Change),
        After = ToMessage(made.After, made.Change),
        Revision = made.Revision,
        Undoes = made.Undoes,
        Kind = made.Edit switch
        {
            null => ChangeKind.State,
            { Before: null, After.IsCreated: true } => ChangeKind.Created,
            { Before.IsCreated: true, After: null } => ChangeKind.Deleted,
            _ => ChangeKind.Updated,
        },
    };

    private static OperatorState ToMessage(SubjectState state, StateChange change)
    {
        var message = new OperatorState
        {
            Admin = state.Admin.State.ToMessage(),
            Health = change is { Farm: null, Server: not null } ? state.Health.ToMessage() : HealthState.Unspecified,
            Forwards = state.FarmForwards is { } set ? new Forwards { Off = set.Off?.Text ?? "", Down = set.Down?.Text ?? "" } : null,
        };
        if (state.ServerForward is { } forward)
        {
            message.Forward = forward.Target ?? "";
        }
        message.Causes.AddRange(Causes(state, change).Select(c => c.ToMessage()));
        return message;
    }

    private static IEnumerable<Engine.Farms.Cause> Causes(SubjectState state, StateChange change)
    {
        if (state.Admin.State != Engine.Farms.AdminState.On)
        {
            yield return new(state.Admin.State == Engine.Farms.AdminState.Off ? CauseKind.Off : CauseKind.Drain, change.Farm, state.Admin.Note);
        }
        if (state.Health == Engine.Farms.HealthState.Down)
        {
            yield return new(CauseKind.Down, Note: state.HealthNote);
        }
    }
}
