using System.Text;
using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.State;
using Athena.V1;
using Google.Protobuf.Collections;
using Grpc.Core;
using AdminState = Athena.V1.AdminState;
using HealthState = Athena.V1.HealthState;

namespace Athena.Service.Admin;

/// <summary>The control plane: tells farms and servers, and makes operators' changes.</summary>
internal sealed partial class FleetApi(FleetWriter writer, OperatorLog operators, Simulations simulations) : FleetService.FleetServiceBase
{
    private const int MaxPage = 1000;

    public override Task<GetFarmResponse> GetFarm(GetFarmRequest request, ServerCallContext context)
    {
        var snapshot = Named("farm", request.Farm);
        var farm = snapshot.FindFarm(request.Farm) ?? throw ApiErrors.FarmNotFound(request.Farm, snapshot).AsException();
        return Task.FromResult(new GetFarmResponse { Farm = farm.ToMessage(), Revision = snapshot.Revision });
    }

    public override Task<ListFarmsResponse> ListFarms(ListFarmsRequest request, ServerCallContext context)
    {
        var snapshot = writer.Current;
        var response = new ListFarmsResponse { Revision = snapshot.Revision };
        response.NextPageToken = Page(snapshot.Farms, f => f.Name, f => f.ToMessage(), request.PageSize, request.PageToken, response.Farms);
        return Task.FromResult(response);
    }

    public override Task<GetServerResponse> GetServer(GetServerRequest request, ServerCallContext context)
    {
        var snapshot = Named("server", request.Server);
        var server = snapshot.FindServer(request.Server) ?? throw ApiErrors.ServerNotFound(request.Server, snapshot).AsException();
        return Task.FromResult(new GetServerResponse { Server = server.ToMessage(), Revision = snapshot.Revision });
    }

    public override Task<ListServersResponse> ListServers(ListServersRequest request, ServerCallContext context)
    {
        var snapshot = writer.Current;
        var response = new ListServersResponse { Revision = snapshot.Revision };
        response.NextPageToken = Page(snapshot.Servers, s => s.Name, s => s.ToMessage(), request.PageSize, request.PageToken, response.Servers);
        return Task.FromResult(response);
    }

    public override async Task<SetMemberStateResponse> SetMemberState(SetMemberStateRequest request, ServerCallContext context)
    {
        var checks = OperatorChecks.Of(request.Actor, request.Reason, request.UntilTime, writer.Time);
        checks.Name("server", request.Server);
        if (request.Farm.Length > 0)
        {
            checks.Name("farm", request.Farm);
        }
        checks.Defined("state", request.State);
        checks.Defined("health", request.Health);
        if (request.State == AdminState.Unspecified && request.Health == HealthState.Unspecified)
        {
            checks.Fault("state", "give state, health or both");
        }
        if (request.Farm.Length > 0 && request.Health != HealthState.Unspecified)
        {
            checks.Fault("health", "belongs to the server, not to one farm; leave farm out");
        }
        checks.ThrowIfAny();
        var change = new StateChange
        {
            Farm = request.Farm.Length > 0 ? request.Farm : null,
            Server = request.Server,
            Admin = OperatorChecks.AdminOf(request.State),
            Health = request.Health switch { HealthState.Up => Engine.Farms.HealthState.Up, HealthState.Down => Engine.Farms.HealthState.Down, _ => null },
            Actor = OperatorChecks.ActorOf(request.Actor),
            Reason = request.Reason,
            Until = request.UntilTime?.ToDateTimeOffset(),
        };
        var snapshot = await ChangeAsync(change, request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new SetMemberStateResponse
        {
            Revision = snapshot.Revision,
            Status = snapshot.FindServer(request.Server)!.ToStatus(),
            Member = request.Farm.Length > 0 ? snapshot.FindFarm(request.Farm)!.FindMember(request.Server)!.ToMessage() : null,
            Preview = await PreviewAsync(request.ValidateOnly, snapshot, context),
        };
    }

    public override async Task<SetFarmStateResponse> SetFarmState(SetFarmStateRequest request, ServerCallContext context)
    {
        var checks = OperatorChecks.Of(request.Actor, request.Reason, request.UntilTime, writer.Time);
        checks.Name("farm", request.Farm);
        if (request.State is not (AdminState.On or AdminState.Off))
        {
            checks.Fault("state", "must be on or off; a farm does not drain");
        }
        checks.ThrowIfAny();
        var change = new StateChange
        {
            Farm = request.Farm,
            Admin = OperatorChecks.AdminOf(request.State),
            Actor = OperatorChecks.ActorOf(request.Actor),
            Reason = request.Reason,
            Until = request.UntilTime?.ToDateTimeOffset(),
        };
        var snapshot = await ChangeAsync(change, request.HasExpectedRevision ? request.ExpectedRevision : null, request.ValidateOnly, context);
        return new SetFarmStateResponse { Revision = snapshot.Revision, Farm = snapshot.FindFarm(request.Farm)!.ToMessage(), Preview = await PreviewAsync(request.ValidateOnly, snapshot, context) };
    }

    // Part of v1; a later version answers them.
    public override Task<CreateFarmResponse> CreateFarm(CreateFarmRequest request, ServerCallContext context) => throw Later("CreateFarm");

    public override Task<UpdateFarmResponse> UpdateFarm(UpdateFarmRequest request, ServerCallContext context) => throw Later("UpdateFarm");

    public override Task<DeleteFarmResponse> DeleteFarm(DeleteFarmRequest request, ServerCallContext context) => throw Later("DeleteFarm");

    public override Task<CreateServerResponse> CreateServer(CreateServerRequest request, ServerCallContext context) => throw Later("CreateServer");

    public override Task<UpdateServerResponse> UpdateServer(UpdateServerRequest request, ServerCallContext context) => throw Later("UpdateServer");

    public override Task<DeleteServerResponse> DeleteServer(DeleteServerRequest request, ServerCallContext context) => throw Later("DeleteServer");

    public override Task<SimulateResponse> Simulate(SimulateRequest request, ServerCallContext context) =>
        simulations.RunAsync(writer.Current, request, context.CancellationToken);

    /// <summary>What a change that was only checked would do to decisions; null: it was made.</summary>
    private Task<ChangePreview?> PreviewAsync(bool validateOnly, Engine.Farms.Snapshot after, ServerCallContext context) =>
        validateOnly ? simulations.PreviewAsync(writer.Current, after, context.CancellationToken) : Task.FromResult<ChangePreview?>(null);

    private static RpcException Later(string method) => ApiErrors.NotYetAvailable(method).AsException();

    private Engine.Farms.Snapshot Named(string field, string name)
    {
        var checks = new RequestChecks();
        checks.Name(field, name);
        checks.ThrowIfAny();
        return writer.Current;
    }

    private async Task<Engine.Farms.Snapshot> ChangeAsync(StateChange change, long? expectedRevision, bool validateOnly, ServerCallContext context)
    {
        var result = await writer.ChangeAsync(change, expectedRevision, validateOnly, context.CancellationToken);
        return Written(change, result);
    }

    private static Engine.Farms.Snapshot Written(StateChange change, WriteResult result) =>
        result.Status switch
        {
            WriteStatus.Done => result.Snapshot,
            WriteStatus.FarmNotFound => throw ApiErrors.FarmNotFound(change.Farm!, result.Snapshot).AsException(),
            WriteStatus.ServerNotFound => throw ApiErrors.ServerNotFound(change.Server!, result.Snapshot).AsException(),
            WriteStatus.MemberNotFound => throw ApiErrors.MemberNotFound(change.Farm!, change.Server!).AsException(),
            WriteStatus.RevisionMismatch => throw ApiErrors.RevisionMismatch(result.Snapshot.Revision).AsException(),
            WriteStatus.ForwardRefused => throw ApiErrors.InvalidField(ForwardField(change, result.Fault!), result.Fault!.Message).AsException(),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>One page, by name. The token is the last name of the page before, so that changes in between neither skip nor repeat others.</summary>
    private static string Page<T, TMessage>(IEnumerable<T> all, Func<T, string> name, Func<T, TMessage> toMessage, uint size, string token, RepeatedField<TMessage> page)
    {
        var checks = new RequestChecks();
        if (size > MaxPage)
        {
            checks.Fault("page_size", $"must be from 0 to {MaxPage}");
        }
        var after = TokenName(token);
        if (after is null)
        {
            checks.Fault("page_token", "is not one that a page ended with");
        }
        checks.ThrowIfAny();
        var take = size == 0 ? MaxPage : (int)size;
        var rest = all.Where(e => EntityName.Comparer.Compare(name(e), after) > 0).OrderBy(name, EntityName.Comparer).Take(take + 1).ToArray();
        page.AddRange(rest.Take(take).Select(toMessage));
        return rest.Length > take ? Convert.ToBase64String(Encoding.UTF8.GetBytes(name(rest[take - 1]))) : "";
    }

    private static string? TokenName(string token)
    {
        Span<byte> bytes = stackalloc byte[EntityName.MaxLength];
        return token.Length == 0 ? "" : Convert.TryFromBase64String(token, bytes, out var count) ? Encoding.UTF8.GetString(bytes[..count]) : null;
    }
}
