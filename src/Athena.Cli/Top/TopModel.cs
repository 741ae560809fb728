using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Top;

/// <summary>A server as `athena top` shows it.</summary>
internal sealed record ServerRow(string Name, string State, Tone Tone, string Causes, double? Load, long InFlight, double Rate, IReadOnlyList<double> History);

/// <summary>A farm as `athena top` shows it. Its rate is that of its servers, in all farms.</summary>
internal sealed record FarmRow(string Name, string State, Tone Tone, int Available, int Members, string Policy, long InFlight, double Rate);

/// <summary>What is known of farms and servers, and how fast they are chosen.</summary>
internal sealed class TopModel(TimeProvider time)
{
    private readonly Dictionary<string, RateMeter> _meters = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Server> _servers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, double> _loads = new(StringComparer.OrdinalIgnoreCase);
    private IReadOnlyList<Farm> _farms = [];

    public long Revision { get; private set; }

    /// <summary>Decisions per second, over all servers.</summary>
    public double Rate => _meters.Values.Sum(m => m.Rate);

    /// <summary>Takes in what the service says now.</summary>
    public void Look(IReadOnlyList<Farm> farms, IReadOnlyList<Server> servers, long revision)
    {
        var now = time.GetUtcNow();
        (_farms, Revision) = (farms, revision);
        _servers.Clear();
        foreach (var server in servers)
        {
            _servers[server.Name] = server;
            if (!_meters.TryGetValue(server.Name, out var meter))
            {
                _meters[server.Name] = meter = new RateMeter();
            }
            meter.Look(server.Chosen, now);
        }
        foreach (var gone in _meters.Keys.Where(n => !_servers.ContainsKey(n)).ToArray())
        {
            _meters.Remove(gone);
            _loads.Remove(gone);
        }
    }

    /// <summary>Takes in the statistics of one server: the one that its first farm decides by is its load.</summary>
    public void Look(GetStatsResponse stats)
    {
        string[] wanted = [StatisticOf(stats.Server), "load", "cpu"];
        if (wanted.FirstOrDefault(stats.Stats.ContainsKey) is { } name)
        {
            _loads[stats.Server] = stats.Stats[name].Value;
        }
        else
        {
            _loads.Remove(stats.Server);
        }
    }

    public IReadOnlyList<FarmRow> Farms() =>
        [.. _farms.Select(farm =>
        {
            var members = farm.Members.Where(m => _servers.ContainsKey(m.Server)).Select(m => m.Server).ToArray();
            var (state, tone) = farm switch
            {
                { Admin: AdminState.Off } => ("off", Tone.Warning),
                { Panicking: true } => ("panicking", Tone.Bad),
                { AvailableMembers: 0 } => ("nobody", Tone.Bad),
                _ => ("on", Tone.Good),
            };
            return new FarmRow(farm.Name, state, tone, (int)farm.AvailableMembers, farm.Members.Count, farm.Policy?.Name ?? "", members.Sum(m => _servers[m].InFlight), members.Sum(m => _meters[m].Rate));
        })];

    /// <summary>The servers of a view: filtered and in its order.</summary>
    public IReadOnlyList<ServerRow> Servers(TopView view)
    {
        var members = view.Farm is { } only ? _farms.FirstOrDefault(f => f.Name.Equals(only, StringComparison.OrdinalIgnoreCase))?.Members.ToDictionary(m => m.Server, StringComparer.OrdinalIgnoreCase) : null;
        var rows = _servers.Values.Where(s => members?.ContainsKey(s.Name) != false).Select(s => Row(s, members?.GetValueOrDefault(s.Name)))
            .Where(r => view.Filter.Length == 0 || new[] { r.Name, r.State, r.Causes }.Any(t => t.Contains(view.Filter, StringComparison.OrdinalIgnoreCase)));
        Comparison<ServerRow> order = view.Sort switch
        {
            TopSort.State => (a, b) => a.Tone == b.Tone ? string.CompareOrdinal(a.State, b.State) : a.Tone.CompareTo(b.Tone),
            TopSort.Load => (a, b) => (a.Load ?? -1).CompareTo(b.Load ?? -1),
            TopSort.InFlight => (a, b) => a.InFlight.CompareTo(b.InFlight),
            TopSort.Rate => (a, b) => a.Rate.CompareTo(b.Rate),
            _ => (a, b) => StringComparer.OrdinalIgnoreCase.Compare(a.Name, b.Name),
        };
        var sorted = rows.ToList();
        // Equals stay in the order of their names, whatever the direction: nothing dances.
        sorted.Sort((a, b) => (view.Descending ? order(b, a) : order(a, b)) is not 0 and var found ? found : StringComparer.OrdinalIgnoreCase.Compare(a.Name, b.Name));
        return sorted;
    }

    private ServerRow Row(Server server, Member? member)
    {
        // Within one farm the member's own state and causes count; they have the server's among them.
        var (causes, available) = member is null ? (server.Status.Causes, server.Status.Available) : (member.Causes, member.Available);
        var state = Words.Of(server.Status) + (member is { Admin: AdminState.Off or AdminState.Drain } ? $" ({Words.Of(member.Admin)} here)" : "");
        return new(server.Name, state, Words.ToneOf(available, causes), Words.Of(causes, time, withFarm: member is null), _loads.TryGetValue(server.Name, out var load) ? load : null,
            server.InFlight, _meters[server.Name].Rate, _meters[server.Name].History);
    }

    private string StatisticOf(string server) =>
        _farms.FirstOrDefault(f => f.Members.Any(m => m.Server.Equals(server, StringComparison.OrdinalIgnoreCase)))?.Policy?.Parameters?.Fields
            .FirstOrDefault(p => p.Key.Equals("Statistic", StringComparison.OrdinalIgnoreCase)).Value?.StringValue is { Length: > 0 } name ? name : "load";
}
