namespace Athena.Engine.Policies.Expressions;

/// <summary>What is wrong with an expression, and where.</summary>
/// <param name="Column">Where it is wrong: 1 is the first character; one past the last is the end.</param>
/// <param name="Message">What is wrong there, with a hint where there is one.</param>
public sealed record ExpressionFault(int Column, string Message)
{
    /// <summary>Reads an expression and says what is wrong with it; null: nothing.</summary>
    /// <remarks>Bounded by the length of the text, which is bounded too. Never throws.</remarks>
    public static ExpressionFault? Of(string text)
    {
        var parser = new Parser(text);
        return parser.Parse() is null ? parser.Fault : null;
    }

    /// <summary>As a sentence: "column 5: ...".</summary>
    public override string ToString() => $"column {Column}: {Message}";
}
