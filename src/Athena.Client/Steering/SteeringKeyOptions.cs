using System.ComponentModel.DataAnnotations;
using Athena.Engine.Farms;

namespace Athena.Client.Steering;

/// <summary>A key that applications sign steering tokens with, in the form of `Athena:Steering:Keys:ID`.</summary>
public sealed class SteeringKeyOptions : SecretOptions
{
    /// <summary>Farms whose tokens it may sign. Default none: all.</summary>
    public IList<string> Farms { get; init; } = [];

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        base.Validate(validationContext).Concat(Farms.Where(f => !EntityName.IsValid(f)).Select(f => new ValidationResult($"Farms: '{f}': {EntityName.Rule}")));
}
