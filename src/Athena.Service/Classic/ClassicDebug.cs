using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Service.Contract;
using Athena.Service.State;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>The function `status/debug`: everything in one dump, with secrets masked. Off unless enabled.</summary>
internal sealed partial class ClassicDebug(IConfiguration configuration, FleetWriter writer, OperatorLog operators, LeaseTable leases, IOptions<ClassicOptions> options)
{
    private const string Mask = "********";

    public ClassicReply Answer()
    {
        if (!options.Value.Debug)
        {
            return ClassicReply.Failed(ClassicFault.Of(ApiErrors.RoleRequired("debug", "status/debug is switched off; Athena:Classic:Debug switches it on")));
        }
        var (snapshot, text) = (writer.Current, new StringBuilder());
        Line(text, $"engine {ClassicField.Text(snapshot.Engine.State)} revision {snapshot.Revision} time {writer.Time.GetUtcNow():O} leases {leases.Open} expired {leases.Expired}");
        foreach (var farm in snapshot.Farms)
        {
            var definition = farm.Definition;
            Line(text, $"farm {farm.Name} {ClassicField.Text(farm.Admin.State)} policy {definition.Policy.Name} serving {farm.IsServing} panic {farm.IsPanicking} available {farm.AvailableCount}/{farm.Members.Count} in-flight {farm.Cells.InFlight} forward-off {definition.ForwardOff?.Text ?? "-"} forward-down {definition.ForwardDown?.Text ?? "-"}{Note(farm.Admin.Note)}");
            foreach (var member in farm.Members)
            {
                Line(text, $"  member {member.Declared.Name} {ClassicField.Text(member.Admin.State)} weight {member.Weight} effective {member.EffectiveWeight} tier {member.Definition.Tier} available {member.IsAvailable} stand-in {(member.IsStandIn ? member.Server.Name : "-")}");
                Causes(text, member.Causes());
            }
        }
        foreach (var server in snapshot.Servers)
        {
            var state = server.State;
            Line(text, $"server {server.Name} {server.Address} {ClassicField.Text(state.Admin.State)} {state.Health} check {state.Check} {state.Freshness} in-flight {server.Cells.InFlight} chosen {server.Cells.Chosen} successes {server.Cells.Successes} failures {server.Cells.Failures} forward {server.Definition.Forward ?? "-"}");
            Causes(text, server.Causes());
            foreach (var (name, cell) in server.Cells.Statistics.Reported.OrderBy(c => c.Key, StringComparer.Ordinal))
            {
                Line(text, $"  statistic {name} {ClassicField.Text(cell.Value)} age {writer.Time.GetElapsedTime(cell.ReportedAt).TotalSeconds:0.000}");
            }
        }
        foreach (var change in operators.Latest().Take(100))
        {
            Line(text, $"change {change.Id} revision {change.Revision} {change.Time:O} farm {change.Change.Farm ?? "-"} server {change.Change.Server ?? "-"} by {change.Change.Actor}: {change.Change.Reason}");
        }
        foreach (var (key, value) in configuration.GetSection("Athena").AsEnumerable().Where(s => s.Value is not null).OrderBy(s => s.Key, StringComparer.OrdinalIgnoreCase))
        {
            Line(text, $"setting {key}={(Secret().IsMatch(key) ? Mask : value)}");
        }
        return new ClassicReply(text.ToString());
    }

    /// <summary>One line without secrets, whatever the texts in it hold.</summary>
    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(Masked(ClassicFault.Shown(line.ToString(CultureInfo.InvariantCulture), int.MaxValue))).Append('\n');

    private static void Causes(StringBuilder text, IEnumerable<Cause> causes)
    {
        foreach (var cause in causes)
        {
            Line(text, $"    cause {cause.Kind}{Note(cause.Note)}");
        }
    }

    private static string Note(StateNote? note) =>
        note is null ? "" : string.Create(CultureInfo.InvariantCulture, $" by {note.Actor} since {note.Since:O} until {note.Until?.ToString("O", CultureInfo.InvariantCulture) ?? "-"}: {note.Reason}");

    /// <summary>Addresses without the names and passwords in them.</summary>
    private static string Masked(string text) => UserInfo().Replace(text, $"://{Mask}@");

    [GeneratedRegex("secret|password|passwd|pwd|token|credential|private|certificate|apikey|connectionstring|:keys(:|$)", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();

    [GeneratedRegex("://[^/@\\s]*@")]
    private static partial Regex UserInfo();
}
