using System.Collections.Immutable;
using System.Globalization;
using Athena.Engine.Farms;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Contract;

/// <summary>A policy's message as the engine takes it.</summary>
internal static class PolicyMessages
{
    /// <summary>Deepest nesting of parameters.</summary>
    private const int MaxDepth = 4;

    /// <summary>Name and parameters, nested ones joined by ':' as in configuration.</summary>
    /// <param name="policy">The message; parameters that are no text, number, truth value, list or structure of these are passed over.</param>
    public static PolicyDefinition ToDefinition(this Policy policy)
    {
        var parameters = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in policy.Parameters?.Fields ?? [])
        {
            Add(parameters, key, value, 0);
        }
        return new PolicyDefinition(policy.Name.Length > 0 ? policy.Name : PolicyDefinition.Default.Name) { Parameters = parameters.ToImmutable() };
    }

    private static void Add(ImmutableSortedDictionary<string, string>.Builder parameters, string key, Value value, int depth)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                parameters[key] = value.StringValue;
                break;
            case Value.KindOneofCase.NumberValue:
                parameters[key] = value.NumberValue.ToString("R", CultureInfo.InvariantCulture);
                break;
            case Value.KindOneofCase.BoolValue:
                parameters[key] = value.BoolValue ? "true" : "false";
                break;
            case Value.KindOneofCase.StructValue when depth < MaxDepth:
                foreach (var (inner, field) in value.StructValue.Fields)
                {
                    Add(parameters, $"{key}:{inner}", field, depth + 1);
                }
                break;
            case Value.KindOneofCase.ListValue when depth < MaxDepth:
                for (var i = 0; i < value.ListValue.Values.Count; i++)
                {
                    Add(parameters, string.Create(CultureInfo.InvariantCulture, $"{key}:{i}"), value.ListValue.Values[i], depth + 1);
                }
                break;
            default:
                // Not left out without a word: no policy knows such a value, so it is refused by its key.
                parameters[key] = "";
                break;
        }
    }
}
