namespace Athena.Engine.Farms;

/// <summary>All that operators set of one subject: a server, a member, a farm or the engine. What the subject cannot have is normal or null.</summary>
public sealed record SubjectState(AdminSetting Admin, HealthState Health, StateNote? HealthNote, ServerForward? ServerForward, FarmForwards? FarmForwards)
{
    /// <summary>Whether all that a change set, from one state to another, is as the change left it.</summary>
    public bool IsAsLeftBy(SubjectState before, SubjectState after) =>
        (before.Admin == after.Admin || Admin == after.Admin)
        && ((before.Health, before.HealthNote) == (after.Health, after.HealthNote) || (Health, HealthNote) == (after.Health, after.HealthNote))
        && (before.ServerForward == after.ServerForward || ServerForward == after.ServerForward)
        && (before.FarmForwards == after.FarmForwards || FarmForwards == after.FarmForwards);

    /// <summary>With what such a change set put back, and the rest as it is.</summary>
    public SubjectState Without(SubjectState before, SubjectState after) => new(
        before.Admin == after.Admin ? Admin : before.Admin,
        (before.Health, before.HealthNote) == (after.Health, after.HealthNote) ? Health : before.Health,
        (before.Health, before.HealthNote) == (after.Health, after.HealthNote) ? HealthNote : before.HealthNote,
        before.ServerForward == after.ServerForward ? ServerForward : before.ServerForward,
        before.FarmForwards == after.FarmForwards ? FarmForwards : before.FarmForwards);

    /// <summary>Who set what is not normal.</summary>
    public IEnumerable<StateNote> Notes() => new[] { Admin.Note, HealthNote, ServerForward?.Note, FarmForwards?.Note }.OfType<StateNote>();
}
