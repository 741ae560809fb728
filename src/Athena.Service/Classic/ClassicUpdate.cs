using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.Health;
using Athena.Service.State;
using Athena.Service.Telemetry;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>The functions `update/phys` and `update/farm`: all fields of one request are applied together or not at all.</summary>
internal sealed class ClassicUpdate(FleetWriter writer, FreshnessMonitor freshness, AthenaMetrics metrics, IOptions<ClassicOptions> options)
{
    /// <summary>How servers are updated.</summary>
    public const string ServersUsage = "usage: update/phys?h=SERVER[,c=CPU][,m=MEM][,NAME=NUMBER][,s=on|drain|off][,u=up|down][,F=SERVER][,reason=TEXT], or h=SERVER,farm=FARM,w=WEIGHT";

    /// <summary>How farms are updated.</summary>
    public const string FarmsUsage = "usage: update/farm?h=FARM[,s=on|off][,F=TARGET][,forward-off=TARGET][,forward-down=TARGET][,reason=TEXT]";

    /// <summary>Why, when the request does not say.</summary>
    private const string Unsaid = "classic update";

    /// <summary>Statistics and states of servers.</summary>
    public Task<ClassicReply> ServersAsync(string raw, string actor, CancellationToken cancellation) => AnswerAsync(raw, ofFarms: false, actor, cancellation);

    /// <summary>States and forwards of farms.</summary>
    public Task<ClassicReply> FarmsAsync(string raw, string actor, CancellationToken cancellation) => AnswerAsync(raw, ofFarms: true, actor, cancellation);

    private async Task<ClassicReply> AnswerAsync(string raw, bool ofFarms, string actor, CancellationToken cancellation)
    {
        var updates = ClassicText.Read(raw, (List<List<ClassicArgument>> requests, out ClassicFault? f) => ClassicUpdateRequest.Read(requests, ofFarms, out f), out var fault);
        fault ??= ClassicDiversity.Check(updates!.Select(u => u.Name), options.Value);
        if (fault is not null)
        {
            return ClassicReply.Failed(fault);
        }
        var replies = new List<ClassicReply>();
        foreach (var update in updates!)
        {
            replies.Add(await ApplyAsync(update, actor, cancellation) is { } refused ? ClassicReply.Failed(refused) : ClassicReply.Ok);
        }
        return ClassicReply.Of(replies);
    }

    private async Task<ClassicFault?> ApplyAsync(ClassicUpdateRequest update, string actor, CancellationToken cancellation)
    {
        if (update.Fault is not null)
        {
            return update.Fault;
        }
        var snapshot = writer.Current;
        var farm = update.Farm is { } farmName ? snapshot.FindFarm(farmName) : null;
        if (update.Farm is not null && farm is null)
        {
            return ClassicFault.Of(ApiErrors.FarmNotFound(update.Farm, snapshot));
        }
        var server = update.Server is { } serverName ? snapshot.FindServer(serverName) : null;
        if (update.Server is not null && server is null)
        {
            return ClassicFault.Of(ApiErrors.ServerNotFound(update.Server, snapshot));
        }
        if (update.Weight is { } weight)
        {
            return await WeighAsync(snapshot, server!, farm, weight, actor, update.Reason ?? Unsaid, cancellation);
        }
        // Room for the numbers first: once the states are changed, nothing may go wrong any more.
        var board = server?.Cells.Statistics;
        if (update.IsReport && board!.Prepare(update.Statistics) is [var refused, ..])
        {
            metrics.Refused();
            return ClassicFault.Syntax($"{refused.Name}: {refused.Message}");
        }
        if (update.ChangesStates)
        {
            var change = new StateChange
            {
                Farm = update.Farm,
                Server = update.Server,
                Admin = update.Admin,
                Health = update.Health,
                Forward = update.ForwardFor(farm),
                Actor = actor,
                Reason = update.Reason ?? Unsaid,
            };
            var result = await writer.ChangeAsync(change, update.KeepsForward ? snapshot.Revision : null, validateOnly: false, cancellation);
            if (result.Status == WriteStatus.RevisionMismatch)
            {
                // The forward that stays may be another one by now.
                return await ApplyAsync(update, actor, cancellation);
            }
            if (Refusal(change, result) is { } fault)
            {
                return fault;
            }
        }
        if (update.IsReport)
        {
            board!.Report(update.Statistics, writer.Time.GetTimestamp());
            metrics.Reported(1);
            await freshness.ReportedAsync(server!.Name, cancellation);
        }
        return null;
    }

    /// <summary>Sets a member's weight; without a farm there must be one alone that has the server.</summary>
    private async Task<ClassicFault?> WeighAsync(Snapshot snapshot, Server server, Farm? farm, uint weight, string actor, string reason, CancellationToken cancellation)
    {
        var farms = farm is not null ? [farm] : snapshot.Farms.Where(f => f.FindMember(server.Name) is not null).ToArray();
        if (farms is not [var only])
        {
            return ClassicFault.Syntax(farms.Length == 0 ? $"'{server.Name}' is in no farm"
                : $"'{server.Name}' is in {string.Join(", ", farms.Select(f => f.Name))}; say which by farm=");
        }
        if (only.FindMember(server.Name) is null)
        {
            return ClassicFault.Of(ApiErrors.MemberNotFound(only.Name, server.Name));
        }
        var change = new DefinitionChange(EditKind.Update, IsFarm: true, only.Name)
        {
            Farm = present => present! with { Members = [.. present.Members.Select(m => EntityName.Comparer.Equals(m.Server, server.Name) ? m with { Weight = weight } : m)] },
            Actor = actor,
            Reason = reason,
        };
        var result = await writer.EditAsync(change, expectedRevision: null, validateOnly: false, cancellation);
        return result.Status == WriteStatus.Invalid
            ? ClassicFault.Syntax(string.Join("; ", result.Faults.Select(f => $"{f.Path}: {f.Message}")))
            : Refusal(change.Subject, result);
    }

    /// <summary>What became of a change, as a fault; null: it was made.</summary>
    internal static ClassicFault? Refusal(StateChange change, WriteResult result) => result.Status switch
    {
        WriteStatus.Done => null,
        WriteStatus.FarmNotFound => ClassicFault.Of(ApiErrors.FarmNotFound(change.Farm!, result.Snapshot)),
        WriteStatus.ServerNotFound => ClassicFault.Of(ApiErrors.ServerNotFound(change.Server!, result.Snapshot)),
        WriteStatus.MemberNotFound => ClassicFault.Of(ApiErrors.MemberNotFound(change.Farm!, change.Server!)),
        WriteStatus.RevisionMismatch => ClassicFault.Of(ApiErrors.RevisionMismatch(result.Snapshot.Revision)),
        WriteStatus.ForwardRefused => ClassicFault.Syntax($"forward: {result.Fault!.Message}"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
