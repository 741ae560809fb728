using Athena.Engine.Farms;

namespace Athena.Service.Classic;

/// <summary>Whether the requests of one text may concern different entities (mod_athena: AthAllowDiverseMulti).</summary>
internal static class ClassicDiversity
{
    /// <summary>What is wrong with requests about these entities together; null: nothing.</summary>
    public static ClassicFault? Check(IEnumerable<string?> names, ClassicOptions options)
    {
        var different = options.AllowDiverseMulti ? [] : names.Select(n => n ?? "*").Distinct(EntityName.Comparer).Take(2).ToArray();
        return different.Length < 2 ? null
            : ClassicFault.Syntax($"the requests concern both '{different[0]}' and '{different[1]}'; nothing was done (Athena:Classic:AllowDiverseMulti allows it)");
    }
}
