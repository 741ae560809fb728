using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Mirror;

/// <summary>Farms and servers without what changes by itself and without what operators set, so that they can be compared and made elsewhere.</summary>
internal static class Definitions
{
    public static FieldMask ServerFields => FieldMask.FromFieldNumbers<Server>(Server.AddressFieldNumber, Server.LabelsFieldNumber, Server.MaxInFlightFieldNumber, Server.ExpectUpdateFieldNumber, Server.CheckFieldNumber);

    public static FieldMask FarmFields => FieldMask.FromFieldNumbers<Farm>(
        Farm.PolicyFieldNumber, Farm.MembersFieldNumber, Farm.PanicThresholdFieldNumber, Farm.MaxInFlightFieldNumber, Farm.ExpectUpdateFieldNumber,
        Farm.SteerToFieldNumber, Farm.CheckFieldNumber, Farm.EjectionFieldNumber, Farm.SlowStartFieldNumber);

    public static Server Of(Server server)
    {
        var definition = server.Clone();
        (definition.Status, definition.InFlight, definition.Chosen, definition.Forward) = (null, 0, 0, "");
        return definition;
    }

    public static Farm Of(Farm farm)
    {
        var definition = farm.Clone();
        (definition.Admin, definition.AvailableMembers, definition.Panicking, definition.Forwards) = (AdminState.Unspecified, 0, false, null);
        definition.Causes.Clear();
        foreach (var member in definition.Members)
        {
            (member.Admin, member.Available, member.EffectiveWeight) = (AdminState.Unspecified, false, 0);
            member.Causes.Clear();
        }
        return definition;
    }
}
