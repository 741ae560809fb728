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
    public const string ServersUsage = "usage: update/phys?h=SERVER[,c=CPU][,m=MEM][,NAME=NUMBER][,s=on|drain|off][,u=up|down][,F=SERVER][,reason=TEXT]";

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
