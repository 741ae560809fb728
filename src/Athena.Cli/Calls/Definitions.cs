using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Calls;

/// <summary>Farms and servers without what the service alone says of them, so that they can be compared and made elsewhere.</summary>
internal static class Definitions
{
    public static FieldMask ServerFields => FieldMask.FromFieldNumbers<Server>(Server.AddressFieldNumber, Server.LabelsFieldNumber, Server.MaxInFlightFieldNumber, Server.ExpectUpdateFieldNumber, Server.CheckFieldNumber);

    public static FieldMask FarmFields => FieldMask.FromFieldNumbers<Farm>(
        Farm.PolicyFieldNumber, Farm.MembersFieldNumber, Farm.PanicThresholdFieldNumber, Farm.MaxInFlightFieldNumber, Farm.ExpectUpdateFieldNumber,
        Farm.SteerToFieldNumber, Farm.CheckFieldNumber, Farm.EjectionFieldNumber, Farm.SlowStartFieldNumber);

    /// <summary>All that can be declared of a server.</summary>
    public static Server Of(Server server)
    {
        var definition = server.Clone();
        (definition.Status, definition.InFlight, definition.Chosen, definition.Origin) = (null, 0, 0, Origin.Unspecified);
        (definition.EffectiveExpectUpdate, definition.EffectiveCheck) = (null, null);
        return definition;
    }

    /// <summary>The same without its forward, which operators set too.</summary>
    public static Server WithoutForward(Server server)
    {
        var definition = Of(server);
        definition.Forward = "";
        return definition;
    }

    /// <summary>All that can be declared of a farm.</summary>
    public static Farm Of(Farm farm)
    {
        var definition = farm.Clone();
        (definition.Admin, definition.AvailableMembers, definition.Panicking, definition.Origin) = (AdminState.Unspecified, 0, false, Origin.Unspecified);
        definition.Causes.Clear();
        foreach (var member in definition.Members)
        {
            (member.Admin, member.Available, member.EffectiveWeight) = (AdminState.Unspecified, false, 0);
            member.Causes.Clear();
        }
        return definition;
    }

    /// <summary>The same without its forwards, which operators set too.</summary>
    public static Farm WithoutForwards(Farm farm)
    {
        var definition = Of(farm);
        definition.Forwards = null;
        return definition;
    }
}
