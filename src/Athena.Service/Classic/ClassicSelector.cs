using Athena.Engine.Farms;

namespace Athena.Service.Classic;

/// <summary>What a request is about: one entity by name, or all; and how it is shown.</summary>
/// <param name="Name">A server's name, or a farm's; null: all.</param>
/// <param name="Farm">For servers: only members of this farm; null: all servers.</param>
/// <param name="Format">How a line looks; null: the fixed one.</param>
internal sealed record ClassicSelector(string? Name, string? Farm, ClassicFormat? Format)
{
    /// <summary>Word that says nothing, for a query that must not be empty: `status/debug?true`.</summary>
    public const string Filler = "true";

    /// <summary>Reads the requests of a status or an export.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="ofFarms">Whether they are about farms.</param>
    /// <param name="fault">Why they are not acceptable.</param>
    public static List<ClassicSelector>? Read(List<List<ClassicArgument>> requests, bool ofFarms, out ClassicFault? fault)
    {
        var selectors = new List<ClassicSelector>();
        fault = null;
        foreach (var request in requests)
        {
            if (ReadOne(request, ofFarms, out fault) is not { } selector)
            {
                return null;
            }
            selectors.Add(selector);
        }
        return selectors;
    }

    private static ClassicSelector? ReadOne(List<ClassicArgument> request, bool ofFarms, out ClassicFault? fault)
    {
        string? name = null;
        string? farm = null;
        string? format = null;
        foreach (var (key, value) in request)
        {
            fault = key switch
            {
                "" when value == Filler && name is null => null,
                "" or "h" or "host" => Once(key, value, ref name),
                "farm" or "N" when ofFarms => Once(key, value, ref name),
                "farm" or "N" => Once(key, value, ref farm),
                "f" or "format" => Once(key, value, ref format),
                _ => ClassicFault.Syntax($"'{ClassicFault.Shown(key)}' selects nothing; there are h=, farm= and f="),
            };
            if (fault is not null)
            {
                return null;
            }
        }
        fault = NameFault(name) ?? NameFault(farm);
        ClassicFormat? parsed = null;
        if (fault is not null || (format is not null && (parsed = ClassicFormat.Parse(format, out fault)) is null))
        {
            return null;
        }
        return new ClassicSelector(name == "*" ? null : name, farm == "*" ? null : farm, parsed);
    }

    private static ClassicFault? NameFault(string? name) =>
        name is null or "*" || EntityName.IsValid(name) ? null : ClassicFault.Syntax($"'{ClassicFault.Shown(name)}' is not a name; {EntityName.Rule}, or * for all");

    private static ClassicFault? Once(string key, string value, ref string? into)
    {
        if (into is not null)
        {
            return ClassicFault.Syntax($"two names or formats are given: '{ClassicFault.Shown(into)}' and '{ClassicFault.Shown(value)}'" + (key.Length == 0 ? "; a value with commas stands in quotes" : ""));
        }
        into = value;
        return null;
    }
}
