namespace Athena.Cli.Import;

/// <summary>What can be judged only when every line was read: members, forwards, proxied paths.</summary>
internal sealed partial class Importer
{
    private const int LongestChain = 8;

    private void Resolve()
    {
        foreach (var (name, farm) in Fleet.Farms)
        {
            foreach (var member in farm.Members.Where(m => !Fleet.Servers.ContainsKey(m)).ToArray())
            {
                Fault(farm.At, $"member {member} of farm {name} has no AthPhys line and is left out");
                farm.Members.Remove(member);
            }
            farm.ForwardOff = Target(farm, "forward-off", farm.ForwardOff);
            farm.ForwardDown = Target(farm, "forward-down", farm.ForwardDown);
        }
        foreach (var (name, server) in Fleet.Servers.Where(s => s.Value.Forward is not null && !Fleet.Servers.ContainsKey(s.Value.Forward)))
        {
            Fault(server.At, $"forward={server.Forward} of {name} has no AthPhys line and is left out");
            server.Forward = null;
        }
        foreach (var (name, server) in Fleet.Servers.Where(s => s.Value.Forward is not null))
        {
            if (IsEndless(name, s => Fleet.Servers[s].Forward is { } next ? [next] : [], []))
            {
                Fault(server.At, $"forward={server.Forward} of {name} leads back to it or too far, and is left out");
                server.Forward = null;
            }
        }
        foreach (var (name, farm) in Fleet.Farms)
        {
            if (IsEndless(name, f => Fleet.Farms.TryGetValue(f, out var next) ? [.. new[] { next.ForwardOff, next.ForwardDown }.OfType<string>()] : [], []))
            {
                Fault(farm.At, $"the forwards of farm {name} lead back to it or too far, and are left out");
                (farm.ForwardOff, farm.ForwardDown) = (null, null);
            }
        }
    }

    private string? Target(OldFarm farm, string key, string? target)
    {
        if (target is null || Fleet.Farms.ContainsKey(target) || (Uri.TryCreate(target, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            return target;
        }
        Fault(farm.At, $"{key}={target} is neither a farm of an AthFarm line nor a complete URL, and is left out");
        return null;
    }

    /// <summary>The service refuses loops and chains of more than 8.</summary>
    private static bool IsEndless(string from, Func<string, IReadOnlyList<string>> next, List<string> way) =>
        way.Count > LongestChain || way.Contains(from, StringComparer.OrdinalIgnoreCase) || next(from).Any(n => IsEndless(n, next, [.. way, from]));

    private void Pass()
    {
        foreach (var proxy in _proxies)
        {
            // Within <Location> the path is the section's and the line has the target alone.
            string[] words = proxy.In("Location") is { Arguments: [var path, ..] } && (proxy.Arguments.Length == 0 || !proxy.Arguments[0].StartsWith('/')) ? [path, .. proxy.Arguments] : proxy.Arguments;
            if (words is not [var from, var to, .. var parameters])
            {
                Fault(proxy, $"write {proxy.Name} /path/ http://farm/path/");
                continue;
            }
            var farm = Uri.TryCreate(to, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? Fleet.Farms.Keys.FirstOrDefault(f => f.Equals(uri.Host, StringComparison.OrdinalIgnoreCase)) : null;
            if (farm is null)
            {
                Note(proxy, $"{proxy.Name} {from} {to} leads to no farm of an AthFarm line and was left out");
            }
            else if (proxy.Is("ProxyPass"))
            {
                Add(proxy, from, $"http://{farm}{uri!.AbsolutePath}", uri.Query.Length > 0 ? [uri.Query, .. parameters] : parameters);
            }
        }
        foreach (var reverse in _proxies.Where(p => p.Is("ProxyPassReverse") && p.In("Location") is null && p.Arguments.Length > 1 && Fleet.ProxyPass.All(x => x.From != p.Arguments[0])))
        {
            Note(reverse, $"ProxyPassReverse {reverse.Arguments[0]} has no ProxyPass beside it and was left out; the gateway turns addresses back by itself where it passes");
        }
    }

    private void Add(Directive proxy, string from, string to, string[] parameters)
    {
        if (!from.StartsWith('/') || (from + to).AsSpan().ContainsAny("{}?#"))
        {
            Fault(proxy, $"ProxyPass {from} {to}: paths begin with / and have none of {{, }}, ?, #");
            return;
        }
        if (Fleet.ProxyPass.Any(p => p.From == from))
        {
            Fault(proxy, $"ProxyPass {from} stands a second time; the first holds");
            return;
        }
        Fleet.ProxyPass.Add((from, to));
        if (parameters.Length > 0)
        {
            Note(proxy, $"ProxyPass {from}: {string.Join(' ', parameters)} was left out");
        }
        if (proxy.In("VirtualHost") is { } host)
        {
            Note(proxy, $"ProxyPass {from} holds in <VirtualHost {string.Join(' ', host.Arguments)}>; the gateway's holds for every host");
        }
    }
}
