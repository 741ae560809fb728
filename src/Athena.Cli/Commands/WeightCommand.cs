using System.CommandLine;
using System.Globalization;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Cli.Commands;

/// <summary>`athena weight 3 app01 --farm shop`: a member's part of its farm.</summary>
internal static class WeightCommand
{
    /// <summary>Others may change something between a look and the change.</summary>
    private const int MostTries = 10;

    private static readonly FieldMask Members = FieldMask.FromFieldNumbers<Farm>(Farm.MembersFieldNumber);

    public static Command Create(Tool tool)
    {
        var weight = new Argument<uint>("weight") { HelpName = "weight", Description = "Relative capacity: 0 to 4294967295. With 0 only pinned sessions reach the server." };
        var server = Names.Server(tool, "Name of the server.");
        var farm = Names.FarmOption(tool, "The farm. Default: every farm that has the server.");
        var options = new OperatorOptions(tool);
        var command = new Command("weight", "Set the weight of a server in its farms. It lasts, also over restarts and reloads.") { weight, server, farm };
        options.AddTo(command, withUntil: false);
        tool.Runs(command, async (parse, session) =>
        {
            var (name, wanted) = (parse.GetRequiredValue(server), parse.GetValue(weight));
            var farms = parse.GetValue(farm) is { } only ? [only]
                : (await session.FarmsAsync()).Farms.Where(f => f.Members.Any(m => Is(m, name))).Select(f => f.Name).ToArray();
            if (farms.Length == 0)
            {
                await session.Fleet.GetServerAsync(new() { Server = name }, session.Call);
                throw new CommandFault($"{name} is in no farm");
            }
            if (farms.Length > 1 && options.Revision(parse) is not null)
            {
                throw new CommandFault("--expected-revision goes with --farm: each farm is a change of its own", ExitCodes.Usage);
            }
            foreach (var of in farms)
            {
                var answer = await SetAsync(session, parse, options, of, name, wanted);
                var line = options.DryRun(parse) ? "would be accepted; nothing was changed" : string.Create(CultureInfo.InvariantCulture, $"revision {answer.Revision}");
                await session.Out.WriteLineAsync(session.AsJson ? Json.Of(answer) : Terminal.Clean(string.Create(CultureInfo.InvariantCulture, $"{name} in {of}: weight {wanted}, {line}")));
            }
            return ExitCodes.Well;
        });
        return command;
    }

    private static async Task<UpdateFarmResponse> SetAsync(Session session, ParseResult parse, OperatorOptions options, string farm, string server, uint weight)
    {
        for (var tries = 1; ; tries++)
        {
            var present = await session.Fleet.GetFarmAsync(new() { Farm = farm }, session.Call);
            var next = Definitions.Of(present.Farm);
            var member = next.Members.FirstOrDefault(m => Is(m, server)) ?? throw new CommandFault($"{server} is not in {farm}; `athena farms {farm}` lists its members");
            member.Weight = weight;
            try
            {
                return await session.Fleet.UpdateFarmAsync(new()
                {
                    Farm = next,
                    UpdateMask = Members,
                    ExpectedRevision = options.Revision(parse) ?? present.Revision,
                    ValidateOnly = options.DryRun(parse),
                    Actor = options.Actor(parse),
                    Reason = options.Reason(parse),
                }, session.Call);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Aborted && options.Revision(parse) is null && tries < MostTries)
            {
                // Look again: the members may be others by now.
            }
        }
    }

    private static bool Is(Member member, string server) => member.Server.Equals(server, StringComparison.OrdinalIgnoreCase);
}
