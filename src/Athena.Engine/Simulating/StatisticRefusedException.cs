namespace Athena.Engine.Simulating;

/// <summary>A made-up statistic was not taken; the message names server, statistic and why.</summary>
public sealed class StatisticRefusedException(string message) : Exception(message);
