namespace Athena.Engine.Steering;

/// <summary>What the application asks for.</summary>
public enum SteeringAction
{
    /// <summary>Decide in another farm.</summary>
    Go,

    /// <summary>This server, even when it is down, out, ejected or full; never when it is off.</summary>
    Stick,

    /// <summary>This server while it can serve, otherwise a normal decision.</summary>
    Safe,
}
