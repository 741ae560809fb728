using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Athena.Cli.Output;
using Athena.Client.Steering;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>`athena token mint` and `athena token inspect`: steering tokens.</summary>
internal static class TokenCommand
{
    private const string SecretVariable = "ATHENA_STEERING_SECRET";
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create(Tool tool) => new("token", "Mint a steering token, or look into one.") { Mint(tool), Inspect(tool) };

    private static Command Mint(Tool tool)
    {
        var action = new Argument<string>("action") { HelpName = "go|stick|safe", Description = "go: to another farm; stick: to a server, come what may; safe: to a server while it can serve." };
        action.AcceptOnlyFromAmong("go", "stick", "safe");
        var farm = new Argument<string>("farm") { HelpName = "farm", Description = "The farm that requests ask for." };
        var target = new Argument<string>("target") { HelpName = "target", Description = "The farm to go to, or the server to stay with." };
        var (key, secretFile) = KeyOptions();
        key.Required = true;
        var lifetime = new Option<TimeSpan?>("--lifetime")
        {
            Description = "How long it is good: 1s to 30d. Default 1h.",
            HelpName = "duration",
            CustomParser = result =>
            {
                if (Durations.TryParse(result.Tokens[0].Value, out var value) && value >= TimeSpan.FromSeconds(1) && value <= LongestLifetime)
                {
                    return value;
                }
                result.AddError($"--lifetime: '{result.Tokens[0].Value}' is not a duration from 1s to 30d; {Durations.Forms}");
                return null;
            },
        };
        var priority = new Option<string>("--priority") { Description = "Priority class of the requests: low, normal or high. Default: as each request says.", HelpName = "class" };
        priority.AcceptOnlyFromAmong("low", "normal", "high");
        var command = new Command("mint", $"Mint a token. The secret comes from --secret-file or the variable {SecretVariable}, in base64.") { action, farm, target, key, secretFile, lifetime, priority };
        tool.RunsAlone(command, async (parse, cancellation) =>
        {
            var (from, to) = (parse.GetRequiredValue(farm), parse.GetRequiredValue(target));
            var token = parse.GetRequiredValue(action) switch
            {
                "go" => SteeringToken.Go(from, to),
                "stick" => SteeringToken.Stick(from, to),
                _ => SteeringToken.Safe(from, to),
            };
            token = token with
            {
                Lifetime = parse.GetValue(lifetime) is { } lasts ? TimeSpan.FromSeconds(Math.Floor(lasts.TotalSeconds)) : token.Lifetime,
                Priority = parse.GetValue(priority) switch { "low" => PriorityClass.Low, "normal" => PriorityClass.Normal, "high" => PriorityClass.High, _ => PriorityClass.Unspecified },
            };
            var signer = await SignerAsync(tool, parse.GetRequiredValue(key), parse.GetValue(secretFile), cancellation)
                ?? throw new CommandFault($"no secret: give --secret-file, or set {SecretVariable}", ExitCodes.Usage);
            try
            {
                var text = signer.Sign(token);
                await tool.Terminal.Out.WriteLineAsync(tool.WantsJson(parse) ? new JsonObject { ["token"] = text }.ToJsonString() : text);
                return ExitCodes.Well;
            }
            catch (ArgumentException e)
            {
                throw new CommandFault(e.Message);
            }
        });
        return command;
    }

    private static Command Inspect(Tool tool)
    {
        var token = new Argument<string>("token") { HelpName = "token", Description = "The token, or - to read it from standard input." };
        var (key, secretFile) = KeyOptions();
        var command = new Command("inspect", $"Show what a token says; with --key and a secret also whether it holds. The secret comes from --secret-file or {SecretVariable}.") { token, key, secretFile };
        tool.RunsAlone(command, async (parse, cancellation) =>
        {
            var text = parse.GetRequiredValue(token) is not "-" and var given ? given : (await tool.Terminal.In.ReadLineAsync(cancellation))?.Trim() ?? "";
            var signer = parse.GetValue(key) is { } id ? await SignerAsync(tool, id, parse.GetValue(secretFile), cancellation) ?? throw new CommandFault($"no secret: give --secret-file, or set {SecretVariable}", ExitCodes.Usage) : null;
            var inspection = signer is null ? SteeringInspection.Of(text) : SteeringInspection.Of(text, signer);
            var found = new JsonObject { ["result"] = inspection.Result, ["header"] = Parsed(inspection.Header), ["payload"] = Parsed(inspection.Payload) };
            if (tool.WantsJson(parse))
            {
                await tool.Terminal.Out.WriteLineAsync(found.ToJsonString(Indented));
            }
            else
            {
                await tool.Terminal.Out.WriteLineAsync($"{inspection.Result}{(signer is null && inspection.Result == "unverified" ? ": give --key to check the signature" : "")}");
                foreach (var (name, value) in Claims(found["header"]).Concat(Claims(found["payload"])))
                {
                    await tool.Terminal.Out.WriteLineAsync(Terminal.Clean($"{name,-4} {value}"));
                }
            }
            return inspection.Result is "ok" or "unverified" ? ExitCodes.Well : ExitCodes.Refused;
        });
        return command;
    }

    private static (Option<string> Key, Option<string> SecretFile) KeyOptions() => (
        new("--key") { Description = "Id of the key, as under Athena:Steering:Keys.", HelpName = "id" },
        new("--secret-file") { Description = "File with the key's secret in base64. A secret on the command line would be seen by everybody on the machine.", HelpName = "file" });

    /// <returns>Null: there is no secret.</returns>
    private static async Task<SteeringSigner?> SignerAsync(Tool tool, string key, string? file, CancellationToken cancellation)
    {
        try
        {
            var secret = file is null ? tool.Terminal.Variable(SecretVariable) : (await File.ReadAllTextAsync(file, cancellation)).Trim();
            return secret is null ? null : new SteeringSigner(key, secret, tool.Terminal.Time);
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(e.Message);
        }
    }

    private static JsonNode? Parsed(string? json)
    {
        try
        {
            return json is null ? null : JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return JsonValue.Create(json);
        }
    }

    /// <summary>Each claim on a line; times as times.</summary>
    private static IEnumerable<(string Name, string Value)> Claims(JsonNode? node) => node is not JsonObject claims ? [] : claims.Select(c => (c.Key, Text(c.Key, c.Value)));

    private static string Text(string name, JsonNode? value) =>
        name is "exp" or "nbf" or "iat" && value is JsonValue number && number.TryGetValue<long>(out var seconds) && seconds is >= 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : value?.ToString() ?? "null";
}
