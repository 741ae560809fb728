using System.Buffers;

namespace Athena.Gateway.Edge;

/// <summary>Looks at the bytes of one connection before the server does and lets through those that mean one thing only. Used by one thread at a time.</summary>
internal interface IByteGate
{
    /// <summary>Whether something was refused: from then on nothing is let through.</summary>
    bool IsRefused { get; }

    /// <summary>Takes in bytes that follow those let through so far.</summary>
    /// <returns>How many of them may pass: all, or those ahead of the one that is refused.</returns>
    long Pass(in ReadOnlySequence<byte> bytes);
}
