using System.CommandLine;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Grpc.Core;

namespace Athena.Cli;

/// <summary>What all commands share: the options every one has, and how one runs and fails.</summary>
internal sealed class Tool(Terminal terminal)
{
    /// <summary>Where the service is unless told otherwise.</summary>
    public const string DefaultService = "http://127.0.0.1:7400";

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    public Terminal Terminal => terminal;

    public Option<string> Service { get; } = new("--service")
    {
        Description = $"gRPC address of the service: http://host:7400, https://host:7400 or unix:/path. Default: ATHENA_SERVICE, else {DefaultService}.",
        HelpName = "address",
        Recursive = true,
    };

    public Option<TimeSpan?> Timeout { get; } = Durations.Option("--timeout", "Longest time a call may take, such as 500ms or 30s. Default 5s.", recursive: true);

    public Option<bool> Json { get; } = new("--json") { Description = "Answer in JSON, as the service's HTTP face does.", Recursive = true };

    /// <summary>The address asked for; the option beats the environment.</summary>
    public string AddressOf(ParseResult parse) => parse.GetValue(Service) ?? terminal.Variable("ATHENA_SERVICE") ?? DefaultService;

    public bool WantsJson(ParseResult parse) => parse.GetValue(Json);

    public TimeSpan TimeoutOf(ParseResult parse) => parse.GetValue(Timeout) ?? DefaultTimeout;

    /// <summary>Makes a command's action: a session with the service, and every failure explained.</summary>
    public void Runs(Command command, Func<ParseResult, Session, Task<int>> run) =>
        RunsAlone(command, async (parse, cancellation) =>
        {
            using var session = Open(parse, AddressOf(parse), cancellation);
            return await run(parse, session);
        });

    /// <summary>The same for a command that opens its sessions itself, or none.</summary>
    public void RunsAlone(Command command, Func<ParseResult, CancellationToken, Task<int>> run) =>
        command.SetAction(async (parse, cancellation) =>
        {
            try
            {
                return await run(parse, cancellation);
            }
            catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled } && cancellation.IsCancellationRequested)
            {
                return ExitCodes.Interrupted;
            }
            catch (CommandFault e)
            {
                await SayAsync([e.Message]);
                return e.ExitCode;
            }
            catch (RpcException e)
            {
                return await FailAsync(e, AddressOf(parse), WantsJson(parse));
            }
        });

    public Session Open(ParseResult parse, string address, CancellationToken cancellation)
    {
        try
        {
            return new Session(address, TimeoutOf(parse), WantsJson(parse), terminal, cancellation);
        }
        catch (Microsoft.Extensions.Options.OptionsValidationException e)
        {
            throw new CommandFault(string.Join("; ", e.Failures), ExitCodes.Usage);
        }
    }

    /// <summary>Tells why a call failed.</summary>
    /// <returns>What the tool ends with.</returns>
    public async Task<int> FailAsync(RpcException error, string address, bool json)
    {
        var (exitCode, lines) = Faults.Explain(error, address);
        if (json)
        {
            await terminal.Error.WriteLineAsync(Output.Json.Of(error.GetRpcStatus() ?? new() { Code = (int)error.StatusCode, Message = lines[0] }));
        }
        else
        {
            await SayAsync(lines);
        }
        return exitCode;
    }

    /// <summary>Something for people, on standard error.</summary>
    public async Task SayAsync(IReadOnlyList<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            await terminal.Error.WriteLineAsync((i == 0 ? "athena: " : "        ") + lines[i]);
        }
    }
}
