namespace Athena.Cli;

/// <summary>A command cannot go on for a reason of its own; the message says what to do.</summary>
internal sealed class CommandFault(string message, int exitCode = ExitCodes.Refused) : Exception(message)
{
    public int ExitCode => exitCode;
}
