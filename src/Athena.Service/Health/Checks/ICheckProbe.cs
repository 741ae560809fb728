using Athena.Engine.Farms;

namespace Athena.Service.Health.Checks;

/// <summary>One way to ask a server whether it is up.</summary>
internal interface ICheckProbe
{
    /// <summary>The kind of check that it makes.</summary>
    CheckKind Kind { get; }

    /// <summary>Asks once.</summary>
    /// <param name="address">The server's address.</param>
    /// <param name="check">What to ask and what to expect.</param>
    /// <param name="cancellation">Ends with the check's time-out.</param>
    /// <returns>Null when the server is up, otherwise what is wrong. Any exception counts as wrong too.</returns>
    Task<string?> AskAsync(Uri address, CheckDefinition check, CancellationToken cancellation);
}
