using Athena.Service.Contract;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Athena.Service.Classic;

/// <summary>What is wrong with a classic request: a line of text with an HTTP status, and over gRPC a status with its reason.</summary>
internal sealed record ClassicFault(int HttpStatus, string Message)
{
    private const int Shortest = 80;

    private Status? _status;

    /// <summary>The line that stands in an answer.</summary>
    public string Line => $"ERROR {Message}\n";

    /// <summary>As gRPC and JSON have it.</summary>
    public Status Status => _status ??= ApiErrors.InvalidField("raw", Message);

    /// <summary>The text is no request: 400.</summary>
    public static ClassicFault Syntax(string message) => new(StatusCodes.Status400BadRequest, message);

    /// <summary>The text asks for too much, or is too long: 413.</summary>
    public static ClassicFault TooMuch(string message) => new(StatusCodes.Status413PayloadTooLarge, message);

    /// <summary>A fault that all faces share.</summary>
    /// <remarks>What is shed (429 elsewhere) is 503 here: old clients know of nothing else.</remarks>
    public static ClassicFault Of(Status status) => new(
        (StatusCode)status.Code == StatusCode.ResourceExhausted ? StatusCodes.Status503ServiceUnavailable : HttpErrors.HttpStatusOf((StatusCode)status.Code),
        Shown(status.Message, int.MaxValue))
    {
        _status = status,
    };

    /// <summary>Offending text as it may stand in an answer: short, and without anything that could end the line.</summary>
    public static string Shown(string text, int longest = Shortest)
    {
        var shown = text.Length > longest ? text[..longest] + "..." : text;
        return string.Create(shown.Length, shown, static (into, from) =>
        {
            for (var i = 0; i < into.Length; i++)
            {
                into[i] = from[i] == ClassicText.BadEscape ? '%' : char.IsControl(from[i]) ? '?' : from[i];
            }
        });
    }
}
