namespace Athena.Engine.Policies.Expressions;

/// <summary>What a low score means.</summary>
internal enum ScoreReading
{
    /// <summary>Low is good.</summary>
    Cost,

    /// <summary>High is good.</summary>
    Worth,
}

/// <summary>Parameters of `expression`.</summary>
/// <param name="Formula">The score.</param>
/// <param name="Reads">What it means.</param>
/// <param name="Load">Parameters of all policies that score by reported statistics; of which it has none but those of the formula.</param>
internal sealed record ExpressionOptions(Formula Formula, ScoreReading Reads, LoadOptions Load)
{
    public bool IsWorth => Reads == ScoreReading.Worth;
}
