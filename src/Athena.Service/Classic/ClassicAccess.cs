using System.Net;
using Athena.Service.Contract;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>Who may change things through the classic interface: callers by their address.</summary>
internal sealed class ClassicAccess(IOptions<ClassicOptions> options)
{
    /// <summary>Name of a caller on a Unix socket.</summary>
    public const string Local = "local";

    private readonly IPNetwork[] _networks = [.. options.Value.AllowFrom.Select(a => NetworkOf(a)!.Value)];

    /// <summary>The caller's address.</summary>
    public static string NameOf(HttpContext context) => AddressOf(context)?.ToString() ?? Local;

    /// <summary>Why a caller may not use a function; null: it may.</summary>
    public ClassicFault? Refuse(HttpContext context, string function)
    {
        // A page of somebody else's in a browser on an allowed machine is not the machine's user.
        if (context.Request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site && site is not ("none" or "same-origin"))
        {
            return Refused($"{function} may not be used by another site's page");
        }
        return IsAllowed(AddressOf(context)) ? null : Refused($"{NameOf(context)} may not use {function}; Athena:Classic:AllowFrom says who may");
    }

    /// <summary>The network of an address or a network; null when it is neither.</summary>
    internal static IPNetwork? NetworkOf(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : null;

    private static ClassicFault Refused(string message) => ClassicFault.Of(ApiErrors.RoleRequired("classic-writer", message));

    private static IPAddress? AddressOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;

    private bool IsAllowed(IPAddress? address) =>
        address is null || (_networks.Length == 0 ? IPAddress.IsLoopback(address) : Array.Exists(_networks, n => n.Contains(address)));
}
