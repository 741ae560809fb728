using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>The state of a farm at one revision, without what decides: the change log keeps thousands of them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Admin">Its own administrative state.</param>
/// <param name="Members">Number of members.</param>
/// <param name="Available">Number of members that may be picked.</param>
/// <param name="IsPanicking">Whether health and freshness are ignored.</param>
/// <param name="IsServing">Whether a decision finds somebody, forwards aside.</param>
/// <param name="Causes">What its own state and those of its members in it are, where not on.</param>
internal sealed record FarmView(string Name, AdminState Admin, int Members, int Available, bool IsPanicking, bool IsServing, IReadOnlyList<Cause> Causes)
{
    public static FarmView Of(Farm farm) => new(farm.Name, farm.Admin.State, farm.Members.Count, farm.AvailableCount, farm.IsPanicking, farm.IsServing,
        [.. farm.IsOff ? [new Cause(CauseKind.Off, farm.Name, farm.Admin.Note)] : Array.Empty<Cause>(), .. farm.Members.SelectMany(m => m.Causes()).Where(c => c.Farm is not null)]);
}
