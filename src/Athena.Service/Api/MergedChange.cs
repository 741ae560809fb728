using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.State;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Api;

/// <summary>The changes of one subject since a reader last read: the state before the first and after the last.</summary>
internal sealed class MergedChange(FleetChange first)
{
    private WatchMessage? _message;

    public FleetChange First { get; } = first;

    public FleetChange Last { get; private set; } = first;

    public int Count { get; private set; } = 1;

    /// <summary>As a message, made by the first reader who wants it.</summary>
    public WatchMessage Message => _message ??= new WatchMessage(new WatchHealthResponse { Change = ToMessage() }, Last.Revision, "change");

    /// <summary>One a subject, in the order of their last revisions.</summary>
    public static List<MergedChange> Merge(List<FleetChange> changes)
    {
        var servers = new Dictionary<string, MergedChange>(EntityName.Comparer);
        var farms = new Dictionary<string, MergedChange>(EntityName.Comparer);
        var merged = new List<MergedChange>();
        foreach (var change in changes)
        {
            var (known, name) = change.ServerName is { } server ? (servers, server) : (farms, change.FarmName!);
            if (known.TryGetValue(name, out var earlier))
            {
                earlier.Last = change;
                earlier.Count++;
            }
            else
            {
                merged.Add(known[name] = new MergedChange(change));
            }
        }
        return [.. merged.OrderBy(c => c.Last.Revision)];
    }

    private HealthChange ToMessage()
    {
        var message = new HealthChange
        {
            Revision = Last.Revision,
            ChangeTime = Timestamp.FromDateTimeOffset(Last.Time),
            Actor = Last.Actor,
            Reason = Last.Reason,
            Merged = (uint)(Count - 1),
        };
        if (Last.ServerName is { } server)
        {
            message.Server = new ServerChange { Server = server, OldStatus = First.OldServer?.ToStatus(), NewStatus = Last.NewServer?.ToStatus() };
        }
        else
        {
            message.Farm = new FarmChange { Farm = Last.FarmName, OldStatus = First.OldFarm?.ToStatus(), NewStatus = Last.NewFarm?.ToStatus() };
        }
        return message;
    }
}
