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
        var checks = new RequestChecks();
        var filter = new ListFilter<Engine.Farms.Farm>(request.Filter, ListFields.OfFarms, labels: null, ref checks);
        checks.ThrowIfAny();
        response.NextPageToken = PageByName(snapshot.Farms.Where(filter.Matches), f => f.Name, f => f.ToMessage(), request.PageSize, request.PageToken, response.Farms);
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
        var checks = new RequestChecks();
        var filter = new ListFilter<Engine.Farms.Server>(request.Filter, ListFields.OfServers(snapshot), (s, key) => s.Definition.Labels.GetValueOrDefault(key), ref checks);
        checks.ThrowIfAny();
        response.NextPageToken = PageByName(snapshot.Servers.Where(filter.Matches), s => s.Name, s => s.ToMessage(), request.PageSize, request.PageToken, response.Servers);
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

    public override Task<SimulateResponse> Simulate(SimulateRequest request, ServerCallContext context) =>
        simulations.RunAsync(writer.Current, request, context.CancellationToken);

    /// <summary>What a change that was only checked would do to decisions; null: it was made.</summary>
    private Task<ChangePreview?> PreviewAsync(bool validateOnly, Engine.Farms.Snapshot after, ServerCallContext context) =>
        validateOnly ? simulations.PreviewAsync(writer.Current, after, context.CancellationToken) : Task.FromResult<ChangePreview?>(null);

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
            WriteStatus.Exists => throw ApiErrors.AlreadyExists(KindOf(change), change.Farm ?? change.Server!).AsException(),
            WriteStatus.Configured => throw ApiErrors.Configured(KindOf(change), change.Farm ?? change.Server!).AsException(),
            WriteStatus.NotConfigured => throw ApiErrors.NotConfigured(KindOf(change), change.Farm ?? change.Server!).AsException(),
            WriteStatus.InUse => throw ApiErrors.InUse(KindOf(change), change.Farm ?? change.Server!, result.Faults).AsException(),
            WriteStatus.Invalid => throw ApiErrors.InvalidFields(ErrorReason.InvalidField, [.. result.Faults.Select(f => FieldOf(change, f))]).AsException(),
            WriteStatus.RequestReused => throw ApiErrors.InvalidField("request_id", "was used for another request").AsException(),
            WriteStatus.ForwardRefused => throw ApiErrors.InvalidField(ForwardField(change, result.Fault!), result.Fault!.Message).AsException(),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private static string KindOf(StateChange change) => change.Farm is not null ? "farm" : "server";

    /// <summary>One page, by name. The token is the last name of the page before, so that changes in between neither skip nor repeat others.</summary>
    private static string PageByName<T, TMessage>(IEnumerable<T> all, Func<T, string> name, Func<T, TMessage> toMessage, uint size, string token, RepeatedField<TMessage> page) =>
        Page(all.OrderBy(name, EntityName.Comparer), last => TokenName(last) is { } after ? e => EntityName.Comparer.Compare(name(e), after) > 0 : null,
            e => Convert.ToBase64String(Encoding.UTF8.GetBytes(name(e))), toMessage, size, token, page);

    /// <summary>One page of what is in order.</summary>
    /// <param name="all">All of it.</param>
    /// <param name="after">Tells what comes after a token; null: it is none.</param>
    /// <param name="tokenOf">The token of a page that ends with this.</param>
    /// <param name="toMessage">The message.</param>
    /// <param name="size">Most on a page; 0: the largest.</param>
    /// <param name="token">Token of the page before; empty: the first page.</param>
    /// <param name="page">Where they go.</param>
    /// <returns>The token; empty: this was the last page.</returns>
    private static string Page<T, TMessage>(IEnumerable<T> all, Func<string, Func<T, bool>?> after, Func<T, string> tokenOf, Func<T, TMessage> toMessage, uint size, string token, RepeatedField<TMessage> page)
    {
        var checks = new RequestChecks();
        if (size > MaxPage)
        {
            checks.Fault("page_size", $"must be from 0 to {MaxPage}");
        }
        var isAfter = token.Length == 0 ? _ => true : after(token);
        if (isAfter is null)
        {
            checks.Fault("page_token", "is not one that a page ended with");
        }
        checks.ThrowIfAny();
        var take = size == 0 ? MaxPage : (int)size;
        var rest = all.Where(isAfter!).Take(take + 1).ToArray();
        page.AddRange(rest.Take(take).Select(toMessage));
        return rest.Length > take ? tokenOf(rest[take - 1]) : "";
    }

    private static string? TokenName(string token)
    {
        Span<byte> bytes = stackalloc byte[EntityName.MaxLength];
        return Convert.TryFromBase64String(token, bytes, out var count) ? Encoding.UTF8.GetString(bytes[..count]) : null;
    }
}
