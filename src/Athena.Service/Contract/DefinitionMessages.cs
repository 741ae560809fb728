using System.Globalization;
using Athena.Engine.Farms;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Contract;

/// <summary>Definitions of farms and servers as messages: the fields that a caller can set, and no others. <see cref="MessageDefinitions"/> leads back without loss.</summary>
internal static class DefinitionMessages
{
    public static V1.Server ToMessage(this ServerDefinition server) => new()
    {
        Name = server.Name,
        Address = server.Address,
        Labels = { server.Labels.ToDictionary() },
        MaxInFlight = (uint)server.MaxInFlight,
        ExpectUpdate = Span(server.ExpectUpdate),
        Forward = server.Forward ?? "",
        Check = server.Check.ToMessage(),
        Origin = server.Origin.ToMessage(),
    };

    public static V1.Farm ToMessage(this FarmDefinition farm) => new()
    {
        Name = farm.Name,
        Policy = farm.Policy.ToMessage(),
        Members = { farm.Members.Select(m => new V1.Member { Server = m.Server, Weight = m.Weight, Tier = (uint)m.Tier }) },
        Forwards = new Forwards { Off = farm.ForwardOff?.Text ?? "", Down = farm.ForwardDown?.Text ?? "" },
        PanicThreshold = farm.PanicThreshold,
        MaxInFlight = (uint)farm.MaxInFlight,
        ExpectUpdate = Span(farm.ExpectUpdate),
        SteerTo = { farm.SteerTo },
        Check = farm.Check.ToMessage(),
        Ejection = farm.Ejection.ToMessage(),
        SlowStart = farm.SlowStart.ToMessage(),
        Origin = farm.Origin.ToMessage(),
    };

    public static Policy ToMessage(this PolicyDefinition policy)
    {
        var message = new Policy { Name = policy.Name, Parameters = new Struct() };
        foreach (var (key, value) in policy.Parameters)
        {
            message.Parameters.Fields[key] = Value.ForString(value);
        }
        return message;
    }

    /// <summary>Parameters as configuration has them: nested keys joined by ':', list entries by their number, every value a text.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Flatten(Struct parameters, string prefix = "") =>
        parameters.Fields.SelectMany(f => Flatten(f.Value, prefix + f.Key));

    private static IEnumerable<KeyValuePair<string, string?>> Flatten(Value value, string key) => value.KindCase switch
    {
        Value.KindOneofCase.StructValue => Flatten(value.StructValue, key + ":"),
        Value.KindOneofCase.ListValue => value.ListValue.Values.SelectMany((v, i) => Flatten(v, string.Create(CultureInfo.InvariantCulture, $"{key}:{i}"))),
        Value.KindOneofCase.StringValue => [new(key, value.StringValue)],
        Value.KindOneofCase.NumberValue => [new(key, value.NumberValue.ToString("R", CultureInfo.InvariantCulture))],
        Value.KindOneofCase.BoolValue => [new(key, value.BoolValue ? "true" : "false")],
        _ => [new(key, null)],
    };

    private static V1.Origin ToMessage(this Engine.Farms.Origin origin) => origin switch
    {
        Engine.Farms.Origin.Created => V1.Origin.Created,
        Engine.Farms.Origin.Changed => V1.Origin.Changed,
        _ => V1.Origin.Configured,
    };

    private static Duration? Span(TimeSpan? value) => value is { } span ? Duration.FromTimeSpan(span) : null;
}
