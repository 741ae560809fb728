using System.CommandLine;
using System.Globalization;
using Athena.Cli.Import;
using Athena.Cli.Output;

namespace Athena.Cli.Commands;

/// <summary>`athena import httpd.conf`: a configuration of mod_athena as one of Athena.</summary>
internal static class ImportCommand
{
    public static Command Create(Tool tool)
    {
        var file = new Argument<string>("file") { HelpName = "httpd.conf", Description = "httpd's main configuration file; what it includes is read too." };
        var output = new Option<string>("--output", "-o") { Description = "File to write. Default: standard output.", HelpName = "file" };
        var define = new Option<string[]>("--define", "-D") { Description = "A name that <IfDefine> takes as defined. May be repeated.", HelpName = "name" };
        var asFleet = new Option<bool>("--fleet") { Description = "Write only farms and servers, in the form that `athena apply` takes, for a service that is running." };
        var command = new Command("import", "Turn a configuration of mod_athena into one of Athena.") { file, output, define, asFleet };
        tool.RunsAlone(command, async (parse, cancellation) =>
        {
            var source = parse.GetRequiredValue(file);
            if (!File.Exists(source))
            {
                throw new CommandFault($"{source}: no such file; give httpd's main configuration file");
            }
            var (directives, unread) = HttpdReader.Read(source, parse.GetValue(define) ?? [], tool.Terminal.Variable);
            var (fleet, faults, notes) = Importer.Import(directives);
            foreach (var note in notes)
            {
                await tool.Terminal.Error.WriteLineAsync(Terminal.Clean($"{note}"));
            }
            foreach (var fault in unread.Concat(faults))
            {
                await tool.Terminal.Error.WriteLineAsync(Terminal.Clean($"error: {fault}"));
            }
            var fleetOnly = parse.GetValue(asFleet);
            var json = fleetOnly ? NewFleet.Of(fleet).Print() : NewConfiguration.Of(fleet);
            if (fleetOnly && fleet.EnginePaths.Count + fleet.ProxyPass.Count > 0)
            {
                await tool.Terminal.Error.WriteLineAsync("AthPath and ProxyPass are not in it: they are settings of service and gateway (the same without --fleet writes them)");
            }
            if (parse.GetValue(output) is { } target)
            {
                await WriteAsync(target, json, cancellation);
            }
            else
            {
                await tool.Terminal.Out.WriteLineAsync(json);
            }
            var wrong = unread.Count + faults.Count;
            await tool.Terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{fleet.Servers.Count} servers, {fleet.Farms.Count} farms, {fleet.ProxyPass.Count} proxied paths taken over; {notes.Count} remarks, {wrong} errors"));
            return wrong > 0 ? ExitCodes.Refused : ExitCodes.Well;
        });
        return command;
    }

    private static async Task WriteAsync(string target, string json, CancellationToken cancellation)
    {
        try
        {
            await File.WriteAllTextAsync(target, json + Environment.NewLine, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault($"{target} cannot be written: {e.Message}");
        }
    }
}
