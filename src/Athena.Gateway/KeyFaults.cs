using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Athena.Client.Steering;

namespace Athena.Gateway;

/// <summary>What is wrong with keys by their ids; attributes do not look into dictionaries. No fault has a secret.</summary>
internal static partial class KeyFaults
{
    public static IEnumerable<ValidationResult> Of<T>(string section, IDictionary<string, T> keys, ValidationContext context)
        where T : SecretOptions
    {
        foreach (var (id, key) in keys)
        {
            if (!Name().IsMatch(id))
            {
                yield return new ValidationResult($"{section}:{id}: an id of a key is 1 to 253 of letters, digits, '.', '_', '-'");
            }
            foreach (var fault in key.Validate(context))
            {
                yield return new ValidationResult($"{section}:{id}: {fault.ErrorMessage}");
            }
        }
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,253}$")]
    private static partial Regex Name();
}
