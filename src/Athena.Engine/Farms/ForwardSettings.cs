namespace Athena.Engine.Farms;

/// <summary>A server's forward that was set at run time, in place of the configured one. <paramref name="Target"/> is null when there shall be none.</summary>
public sealed record ServerForward(string? Target, StateNote Note);

/// <summary>A farm's forwards that were set at run time, in place of the configured ones.</summary>
public sealed record FarmForwards(ForwardTarget? Off, ForwardTarget? Down, StateNote Note);
