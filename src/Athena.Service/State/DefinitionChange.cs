using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>What is done with a farm or server.</summary>
internal enum EditKind
{
    /// <summary>Made at run time.</summary>
    Create,

    /// <summary>Changed.</summary>
    Update,

    /// <summary>Back to what the configuration says.</summary>
    AsConfigured,

    /// <summary>Removed.</summary>
    Delete,
}

/// <summary>A farm or server to be made, changed or removed.</summary>
internal sealed record DefinitionChange(EditKind Kind, bool IsFarm, string Name)
{
    /// <summary>The new definition from the present one (null: there is none). Called in the writer's turn; what it throws ends the change.</summary>
    public Func<FarmDefinition?, FarmDefinition>? Farm { get; init; }

    /// <inheritdoc cref="Farm"/>
    public Func<ServerDefinition?, ServerDefinition>? Server { get; init; }

    /// <summary>Who.</summary>
    public string Actor { get; init; } = StateChange.Itself;

    /// <summary>Why.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Makes a repeat harmless. Empty: none.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>The request's content, to tell another one under the same id.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>The subject, as it is listed.</summary>
    public StateChange Subject => new() { Farm = IsFarm ? Name : null, Server = IsFarm ? null : Name, Actor = Actor, Reason = Reason };
}
