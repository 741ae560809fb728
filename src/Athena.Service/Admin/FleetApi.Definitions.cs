using System.Collections.Frozen;
using System.Security.Cryptography;
using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.State;
using Athena.V1;
using Google.Protobuf;
using Grpc.Core;
using Snapshot = Athena.Engine.Farms.Snapshot;

namespace Athena.Service.Admin;

/// <summary>Farms and servers that are made, changed and removed at run time.</summary>
internal sealed partial class FleetApi
{
    private static readonly FieldUpdates FarmUpdates =
        new(new[] { "name", "admin", "causes", "available_members", "panicking", "origin" }.ToFrozenSet());

    private static readonly FieldUpdates ServerUpdates =
        new(new[] { "name", "status", "in_flight", "chosen", "effective_expect_update", "effective_check", "origin" }.ToFrozenSet());

    public override async Task<CreateFarmResponse> CreateFarm(CreateFarmRequest request, ServerCallContext context)
    {
        var checks = Checks("farm.name", request.Farm?.Name, request.Actor, request.Reason, request.RequestId);
        var definition = request.Farm?.ToDefinition(ref checks);
        checks.ThrowIfAny();
        var change = new DefinitionChange(EditKind.Create, true, definition!.Name) { Farm = _ => definition };
        var (snapshot, revision) = await EditAsync(Stamped(change, request, request.Actor, request.Reason, request.RequestId), request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new CreateFarmResponse { Farm = Present(snapshot, definition), Revision = revision };
    }

    public override async Task<UpdateFarmResponse> UpdateFarm(UpdateFarmRequest request, ServerCallContext context)
    {
        var checks = Checks("farm.name", request.Farm?.Name, request.Actor, request.Reason, request.RequestId);
        var paths = request.AsConfigured || request.Farm is null ? [] : FarmUpdates.Paths(request.Farm, request.UpdateMask, ref checks);
        checks.ThrowIfAny();
        var change = new DefinitionChange(request.AsConfigured ? EditKind.AsConfigured : EditKind.Update, true, request.Farm!.Name)
        {
            Farm = present =>
            {
                var message = present!.ToMessage();
                FieldUpdates.Carry(request.Farm, message, paths);
                var checks = new RequestChecks();
                var next = message.ToDefinition(ref checks);
                checks.ThrowIfAny();
                return next;
            },
        };
        var (snapshot, revision) = await EditAsync(Stamped(change, request, request.Actor, request.Reason, request.RequestId), request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new UpdateFarmResponse { Farm = Present(snapshot, new FarmDefinition(request.Farm.Name)), Revision = revision };
    }

    public override async Task<DeleteFarmResponse> DeleteFarm(DeleteFarmRequest request, ServerCallContext context)
    {
        Checks("farm", request.Farm, request.Actor, request.Reason, "").ThrowIfAny();
        var change = Stamped(new DefinitionChange(EditKind.Delete, true, request.Farm), request, request.Actor, request.Reason, "");
        var (_, revision) = await EditAsync(change, request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new DeleteFarmResponse { Revision = revision };
    }

    public override async Task<CreateServerResponse> CreateServer(CreateServerRequest request, ServerCallContext context)
    {
        var checks = Checks("server.name", request.Server?.Name, request.Actor, request.Reason, request.RequestId);
        var definition = request.Server?.ToDefinition(ref checks);
        checks.ThrowIfAny();
        var change = new DefinitionChange(EditKind.Create, false, definition!.Name) { Server = _ => definition };
        var (snapshot, revision) = await EditAsync(Stamped(change, request, request.Actor, request.Reason, request.RequestId), request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new CreateServerResponse { Server = Present(snapshot, definition), Revision = revision };
    }

    public override async Task<UpdateServerResponse> UpdateServer(UpdateServerRequest request, ServerCallContext context)
    {
        var checks = Checks("server.name", request.Server?.Name, request.Actor, request.Reason, request.RequestId);
        var paths = request.AsConfigured || request.Server is null ? [] : ServerUpdates.Paths(request.Server, request.UpdateMask, ref checks);
        checks.ThrowIfAny();
        var change = new DefinitionChange(request.AsConfigured ? EditKind.AsConfigured : EditKind.Update, false, request.Server!.Name)
        {
            Server = present =>
            {
                var message = present!.ToMessage();
                FieldUpdates.Carry(request.Server, message, paths);
                var checks = new RequestChecks();
                var next = message.ToDefinition(ref checks);
                checks.ThrowIfAny();
                return next;
            },
        };
        var (snapshot, revision) = await EditAsync(Stamped(change, request, request.Actor, request.Reason, request.RequestId), request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new UpdateServerResponse { Server = Present(snapshot, new ServerDefinition(request.Server.Name, "")), Revision = revision };
    }

    public override async Task<DeleteServerResponse> DeleteServer(DeleteServerRequest request, ServerCallContext context)
    {
        Checks("server", request.Server, request.Actor, request.Reason, "").ThrowIfAny();
        var change = Stamped(new DefinitionChange(EditKind.Delete, false, request.Server), request, request.Actor, request.Reason, "");
        var (_, revision) = await EditAsync(change, request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new DeleteServerResponse { Revision = revision };
    }

    private RequestChecks Checks(string field, string? name, string actor, string reason, string requestId)
    {
        var checks = OperatorChecks.Of(actor, reason, until: null, writer.Time);
        checks.Name(field, name ?? "");
        if (requestId.Length > 0 && !Guid.TryParseExact(requestId, "D", out _))
        {
            checks.Fault("request_id", "must be a UUID, such as 6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a");
        }
        return checks;
    }

    private static DefinitionChange Stamped(DefinitionChange change, IMessage request, string actor, string reason, string requestId) => change with
    {
        Actor = OperatorChecks.ActorOf(actor),
        Reason = reason,
        RequestId = requestId,
        // Maps have no order on the wire; as JSON of this runtime they have one, that of insertion, which a caller's repeat keeps.
        Fingerprint = requestId.Length == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{request.Descriptor.Name}{JsonFormatter.Default.Format(request)}")))[..32],
    };

    /// <summary>The farm as it is; of a repeated request whose farm is gone since, its name alone.</summary>
    private static V1.Farm Present(Snapshot snapshot, FarmDefinition made) => snapshot.FindFarm(made.Name)?.ToMessage() ?? made.ToMessage();

    /// <inheritdoc cref="Present(Snapshot, FarmDefinition)"/>
    private static V1.Server Present(Snapshot snapshot, ServerDefinition made) => snapshot.FindServer(made.Name)?.ToMessage() ?? made.ToMessage();

    private async Task<(Snapshot Snapshot, long Revision)> EditAsync(DefinitionChange change, long? expectedRevision, bool validateOnly, ServerCallContext context)
    {
        var result = await writer.EditAsync(change, expectedRevision, validateOnly, context.CancellationToken);
        var snapshot = Written(change.Subject, result);
        return (snapshot, result.Repeated?.Revision ?? snapshot.Revision);
    }

    /// <summary>A fault of the fleet that would be, as a field of the request where it is the subject's own.</summary>
    private static (string Field, string Message) FieldOf(StateChange change, FleetFault fault)
    {
        var (kind, own) = change.Farm is not null ? ("farm", $"Farms:{change.Farm}") : ("server", $"Servers:{change.Server}");
        if (!fault.Path.StartsWith(own, StringComparison.OrdinalIgnoreCase) || (fault.Path.Length > own.Length && fault.Path[own.Length] != ':'))
        {
            return (kind, $"{fault.Path}: {fault.Message}");
        }
        var rest = fault.Path[own.Length..].Split(':', StringSplitOptions.RemoveEmptyEntries);
        var fields = rest switch
        {
            [] => ["name"],
            ["Policy", "Name"] => ["policy", "name"],
            ["Policy", .. var keys] => ["policy", "parameters", .. keys],
            ["Forward", .. var keys] when kind == "farm" => ["forwards", .. keys.Select(Snake)],
            ["Members", var member, .. var keys] => ["members", member, .. keys.Select(Snake)],
            _ => rest.Select(Snake),
        };
        return ($"{kind}.{string.Join('.', fields)}", fault.Message);
    }

    private static string Snake(string name) =>
        string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
