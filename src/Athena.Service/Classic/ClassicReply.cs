namespace Athena.Service.Classic;

/// <summary>The answer to a classic request: text, or a fault; and what stands in headers beside it.</summary>
internal readonly record struct ClassicReply(string Text, ClassicFault? Fault = null)
{
    /// <summary>Answer to a change that was made.</summary>
    public static ClassicReply Ok { get; } = new("OK\n");

    /// <summary>Name of the chosen server; null when none was chosen.</summary>
    public string? Server { get; init; }

    /// <summary>The farm that decided; null when this is no decision about one farm.</summary>
    public string? Farm { get; init; }

    /// <summary>Host and port of the chosen server, or the complete URL to go to.</summary>
    public string? Address { get; init; }

    /// <summary>Whether a forward was followed.</summary>
    public bool IsForwarded { get; init; }

    /// <summary>A reply that is a fault.</summary>
    public static ClassicReply Failed(ClassicFault fault) => new("", fault);

    /// <summary>The replies to several requests in one: each in its place, faults as lines. One alone is itself.</summary>
    public static ClassicReply Of(IReadOnlyList<ClassicReply> replies) =>
        replies.Count == 1 ? replies[0] : new(string.Concat(replies.Select(r => r.Fault?.Line ?? r.Text)));
}
