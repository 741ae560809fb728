using System.Text;
using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.State;

namespace Athena.Service.Classic;

/// <summary>The functions `mirror/phys` and `mirror/farm`: what operators set, as lines that another engine takes in.</summary>
/// <remarks>
/// The last change wins, by its time and then by its revision. A change that is taken in keeps its time, actor and reason, so that both ends
/// hold the same afterwards and nothing comes back. Freshness, checks and ejections are never in it: each engine finds them by itself.
/// </remarks>
internal sealed class ClassicMirror(FleetWriter writer, OperatorLog operators)
{
    private const int Retries = 10;

    /// <summary>What operators set, a line for each entity; a farm's members follow it.</summary>
    public ClassicReply Export(string raw, bool ofFarms)
    {
        if (ClassicText.Read(raw, (List<List<ClassicArgument>> requests, out ClassicFault? f) => ClassicSelector.Read(requests, ofFarms, out f), out var fault) is not { } selectors)
        {
            return ClassicReply.Failed(fault!);
        }
        if (selectors.Any(s => s.Format is not null))
        {
            return ClassicReply.Failed(ClassicFault.Syntax("a mirror has no format; its lines are for mirrors"));
        }
        var snapshot = writer.Current;
        var stamps = MirrorStamps.Of(operators, writer.States);
        var text = new StringBuilder();
        foreach (var (name, farm, _) in selectors)
        {
            if ((name is not null && (ofFarms ? (object?)snapshot.FindFarm(name) : snapshot.FindServer(name)) is null) || (farm is not null && snapshot.FindFarm(farm) is null))
            {
                return ClassicReply.Failed(ClassicFault.Of(ofFarms || farm is not null ? ApiErrors.FarmNotFound(farm ?? name!, snapshot) : ApiErrors.ServerNotFound(name!, snapshot)));
            }
            foreach (var subject in Subjects(snapshot, name, farm, ofFarms))
            {
                text.Append(ClassicGrammar.Print(MirrorLine.Of(subject, stamps))).Append('\n');
            }
        }
        return new ClassicReply(text.ToString());
    }

    /// <summary>Takes in the lines of an export. A line that is none refuses all of them; of the others each is taken in by itself.</summary>
    public async Task<ClassicReply> ImportAsync(string text, bool ofFarms, string caller, CancellationToken cancellation)
    {
        var lines = new List<MirrorLine>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.AsSpan().Trim() is not [] and not ['#', ..])
            {
                if (MirrorLine.Read(line.TrimEnd('\r'), ofFarms, out var fault) is not { } read)
                {
                    return ClassicReply.Failed(fault! with { Message = $"line {number}: {fault.Message}; nothing was done" });
                }
                lines.Add(read);
            }
        }
        var (changed, same) = (0, 0);
        var refused = new StringBuilder();
        foreach (var line in lines)
        {
            foreach (var setting in line.Settings.DefaultIfEmpty(null))
            {
                var (made, fault) = await TakeInAsync(line, setting, caller, cancellation);
                changed += made ? 1 : 0;
                same += made || fault is not null ? 0 : 1;
                if (fault is not null)
                {
                    refused.Append(fault.Line);
                    break;
                }
            }
        }
        return new ClassicReply($"OK {changed} changed, {same} unchanged\n{refused}");
    }

    private async Task<(bool Made, ClassicFault? Fault)> TakeInAsync(MirrorLine line, MirrorSetting? setting, string caller, CancellationToken cancellation)
    {
        var now = writer.Time.GetUtcNow();
        for (var tries = 0; ; tries++)
        {
            var snapshot = writer.Current;
            if (Missing(snapshot, line) is { } missing)
            {
                return (false, missing);
            }
            if (setting is null || setting.Until <= now)
            {
                return (false, null);
            }
            var present = MirrorStamps.Of(operators, writer.States).SettingOf((line.Farm, line.Server), setting.Aspect);
            if (present is not null && (setting.IsSameAs(present) || !setting.IsNewerThan(present)))
            {
                return (false, null);
            }
            if (present is null && setting.IsNormal)
            {
                return (false, null);
            }
            // A clock that goes ahead must not win for ever.
            var change = setting.ToChange(line, setting.At > now ? now : setting.At, caller);
            var result = await writer.ChangeAsync(change, snapshot.Revision, validateOnly: false, cancellation);
            if (result.Status != WriteStatus.RevisionMismatch || tries == Retries)
            {
                var fault = ClassicUpdate.Refusal(change, result);
                return (fault is null, fault is null ? null : fault with { Message = $"{line.Subject}: {fault.Message}" });
            }
        }
    }

    private static ClassicFault? Missing(Snapshot snapshot, MirrorLine line) =>
        line.Farm is { } farm && snapshot.FindFarm(farm) is null ? ClassicFault.Of(ApiErrors.FarmNotFound(farm, snapshot))
        : line.Server is { } server && snapshot.FindServer(server) is null ? ClassicFault.Of(ApiErrors.ServerNotFound(server, snapshot))
        : line is { Farm: { } of, Server: { } member } && snapshot.FindFarm(of)!.FindMember(member) is null ? ClassicFault.Of(ApiErrors.MemberNotFound(of, member))
        : null;

    private static IEnumerable<(string? Farm, string? Server)> Subjects(Snapshot snapshot, string? name, string? inFarm, bool ofFarms)
    {
        bool IsNamed(string entity) => name is null || EntityName.Comparer.Equals(entity, name);
        if (!ofFarms)
        {
            var servers = inFarm is null ? snapshot.Servers : snapshot.FindFarm(inFarm)!.Members.Select(m => m.Declared);
            return servers.Where(s => IsNamed(s.Name)).Select(s => ((string?)null, (string?)s.Name));
        }
        return snapshot.Farms.Where(f => IsNamed(f.Name))
            .SelectMany(f => f.Members.Select(m => ((string?)f.Name, (string?)m.Declared.Name)).Prepend((f.Name, null)));
    }
}
