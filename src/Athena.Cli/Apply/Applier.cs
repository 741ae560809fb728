using Athena.Cli.Calls;
using Athena.Cli.Commands;
using Athena.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Cli.Apply;

/// <summary>What became of one subject.</summary>
/// <param name="Subject">`app01` or `farm/shop`.</param>
/// <param name="What">In words.</param>
/// <param name="Done">Whether it is as wanted now; in a dry run, whether it would be.</param>
internal sealed record Applied(string Subject, string What, bool Done);

/// <summary>Brings a service's farms and servers to where a document wants them. Each is a change of its own: one that is refused leaves the others.</summary>
internal sealed class Applier(Session session, string actor, string reason, bool dryRun)
{
    private static readonly FieldMask Everything = new() { Paths = { "*" } };
    private static readonly FieldMask FarmReferences = FieldMask.FromFieldNumbers<Farm>(Farm.ForwardsFieldNumber, Farm.SteerToFieldNumber);
    private static readonly FieldMask ServerReferences = FieldMask.FromFieldNumbers<Server>(Server.ForwardFieldNumber);

    private readonly List<Applied> _done = [];

    /// <summary>Farms and servers that stood as wanted.</summary>
    public int Unchanged { get; private set; }

    /// <summary>Makes what is new, changes what differs and, if wanted, removes what was made at run time and is not in the document.</summary>
    public async Task<IReadOnlyList<Applied>> ApplyAsync(FleetDocument wanted, bool prune)
    {
        var servers = (await session.ServersAsync()).Servers.ToDictionary(s => s.Name, StringComparer.OrdinalIgnoreCase);
        var farms = (await session.FarmsAsync()).Farms.ToDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase);
        // References between new ones come last, for they may go round in any order.
        foreach (var server in wanted.Servers.Where(s => !servers.ContainsKey(s.Name)))
        {
            await TryAsync(server.Name, () => MakeAsync(server));
        }
        foreach (var farm in wanted.Farms.Where(f => !farms.ContainsKey(f.Name)))
        {
            await TryAsync(Subject(farm), () => MakeAsync(farm, servers, farms));
        }
        foreach (var server in wanted.Servers)
        {
            if (servers.TryGetValue(server.Name, out var present))
            {
                await TryAsync(server.Name, async () => Compare(server.Name, Definitions.Of(present), Definitions.Of((await session.Fleet.UpdateServerAsync(Update(server), session.Call)).Server)));
            }
            else if (server.Forward.Length > 0 && IsMade(server.Name))
            {
                await TryAsync(server.Name, () => session.Fleet.UpdateServerAsync(Update(server), session.Call).ResponseAsync);
            }
        }
        foreach (var farm in wanted.Farms)
        {
            if (farms.TryGetValue(farm.Name, out var present))
            {
                await TryAsync(Subject(farm), async () => Compare(Subject(farm), Definitions.Of(present), Definitions.Of((await session.Fleet.UpdateFarmAsync(Update(farm), session.Call)).Farm)));
            }
            else if ((farm.SteerTo.Count > 0 || farm.Forwards is not null) && IsMade(Subject(farm)))
            {
                await TryAsync(Subject(farm), () => session.Fleet.UpdateFarmAsync(Update(farm), session.Call).ResponseAsync);
            }
        }
        if (prune)
        {
            await PruneAsync([.. farms.Values.Where(f => wanted.ListsFarms && f.Origin == Origin.Created && !wanted.Farms.Any(w => Same(w.Name, f.Name))).Select(f => f.Name)],
                [.. servers.Values.Where(s => wanted.ListsServers && s.Origin == Origin.Created && !wanted.Servers.Any(w => Same(w.Name, s.Name))).Select(s => s.Name)]);
        }
        return _done;
    }

    /// <summary>Removes farms and servers, the farms first; what others of them refer to goes after those.</summary>
    public async Task<IReadOnlyList<Applied>> PruneAsync(IReadOnlyList<string> farms, IReadOnlyList<string> servers)
    {
        await RemoveAsync([.. farms.Select(f => new Subject(f, null))], alone: farms.Count == 1);
        await RemoveAsync([.. servers.Select(s => new Subject(null, s))], alone: farms.Count == 0 && servers.Count == 1);
        return _done;
    }

    private async Task RemoveAsync(IReadOnlyList<Subject> waiting, bool alone)
    {
        for (var untied = alone || dryRun; waiting.Count > 0;)
        {
            var inUse = new List<(Subject Subject, RpcException Error)>();
            foreach (var subject in waiting)
            {
                try
                {
                    await DeleteAsync(subject);
                }
                catch (RpcException e) when (Refusals.IsInUse(e))
                {
                    inUse.Add((subject, e));
                }
                catch (RpcException e) when (Refusals.Is(e))
                {
                    Refused($"{subject}", e);
                }
            }
            if (inUse.Count == waiting.Count && !untied && inUse.All(u => Refusals.UsersOf(u.Error).All(user => inUse.Any(o => o.Subject.IsNamed(user)))))
            {
                await UntieAsync(inUse.Select(u => u.Subject));
                untied = true;
            }
            else if (inUse.Count == waiting.Count || dryRun)
            {
                inUse.ForEach(u => InUse(u.Subject, u.Error, alone));
                return;
            }
            // What referred to them may be gone by now.
            waiting = [.. inUse.Select(u => u.Subject)];
        }
    }

    private void InUse(Subject subject, RpcException error, bool alone)
    {
        if (dryRun && !alone)
        {
            _done.Add(new($"{subject}", $"would be removed once nothing refers to it ({error.Status.Detail})", true));
        }
        else
        {
            Refused($"{subject}", error);
        }
    }

    /// <summary>What goes together may refer to one another in a circle: it goes without its references.</summary>
    private async Task UntieAsync(IEnumerable<Subject> subjects)
    {
        foreach (var subject in subjects)
        {
            await TryAsync($"{subject}", () => subject.Farm is { } farm
                ? session.Fleet.UpdateFarmAsync(new() { Farm = new Farm { Name = farm }, UpdateMask = FarmReferences, Actor = actor, Reason = reason }, session.Call).ResponseAsync
                : session.Fleet.UpdateServerAsync(new() { Server = new Server { Name = subject.Server }, UpdateMask = ServerReferences, Actor = actor, Reason = reason }, session.Call).ResponseAsync);
        }
    }

    private async Task DeleteAsync(Subject subject)
    {
        if (subject.Farm is { } farm)
        {
            await session.Fleet.DeleteFarmAsync(new() { Farm = farm, Actor = actor, Reason = reason, ValidateOnly = dryRun }, session.Call);
        }
        else
        {
            await session.Fleet.DeleteServerAsync(new() { Server = subject.Server, Actor = actor, Reason = reason, ValidateOnly = dryRun }, session.Call);
        }
        _done.Add(new($"{subject}", dryRun ? "would be removed" : "removed", true));
    }

    private async Task MakeAsync(Server server)
    {
        var first = server.Clone();
        first.Forward = "";
        await session.Fleet.CreateServerAsync(new() { Server = first, Actor = actor, Reason = reason, ValidateOnly = dryRun }, session.Call);
        Made(server.Name);
    }

    private async Task MakeAsync(Farm farm, Dictionary<string, Server> servers, Dictionary<string, Farm> farms)
    {
        var first = farm.Clone();
        first.Forwards = null;
        first.SteerTo.Clear();
        if (dryRun && farm.Members.FirstOrDefault(m => !servers.ContainsKey(m.Server)) is { } member)
        {
            // The service cannot look at a farm of servers that are not there yet.
            _done.Add(new(Subject(farm), $"would be made (not checked by the service: {member.Server} is not there yet)", true));
            return;
        }
        await session.Fleet.CreateFarmAsync(new() { Farm = first, Actor = actor, Reason = reason, ValidateOnly = dryRun }, session.Call);
        Made(Subject(farm));
    }

    private void Made(string subject) => _done.Add(new(subject, dryRun ? "would be made" : "made", true));

    private void Compare(string subject, IMessage before, IMessage after)
    {
        var fields = before.Descriptor.Fields.InDeclarationOrder().Where(f => !Equals(f.Accessor.GetValue(before), f.Accessor.GetValue(after))).Select(f => f.JsonName).ToArray();
        if (fields.Length == 0)
        {
            Unchanged++;
            return;
        }
        _done.Add(new(subject, $"{(dryRun ? "would be changed" : "changed")}: {string.Join(", ", fields)}", true));
    }

    /// <returns>Whether the service did it.</returns>
    private async Task<bool> TryAsync(string subject, Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (RpcException e) when (Refusals.Is(e))
        {
            Refused(subject, e);
            return false;
        }
    }

    private void Refused(string subject, RpcException error) => _done.Add(new(subject, string.Join("; ", Faults.Explain(error, session.Address).Lines), false));

    private UpdateServerRequest Update(Server server) => new() { Server = server, UpdateMask = Everything, Actor = actor, Reason = reason, ValidateOnly = dryRun };

    private UpdateFarmRequest Update(Farm farm) => new() { Farm = farm, UpdateMask = Everything, Actor = actor, Reason = reason, ValidateOnly = dryRun };

    /// <summary>Whether it was made just now.</summary>
    private bool IsMade(string subject) => !dryRun && _done.Any(d => d.Done && d.Subject == subject);

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static string Subject(Farm farm) => $"{new Subject(farm.Name, null)}";
}
