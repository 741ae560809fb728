namespace Athena.Engine.Policies.Expressions;

internal enum TokenKind
{
    End,
    Number,
    Name,
    Text,
    Symbol,
    Bad,
}

/// <summary>A word, number, text or sign of an expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Place of its first character, from 0.</param>
/// <param name="End">Place after its last one.</param>
/// <param name="Number">Of a number: its value.</param>
/// <param name="Fault">Of one that is none: why.</param>
internal readonly record struct Token(TokenKind Kind, int Start, int End, double Number = 0, string? Fault = null)
{
    public int Column => Start + 1;
}
