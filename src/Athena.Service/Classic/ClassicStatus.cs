using System.Text;
using Athena.Engine.Farms;
using Athena.Engine.Statistics;
using Athena.Service.Contract;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>The functions `status/phys`, `status/farm` and `status/engine`: a line for each entity.</summary>
internal sealed class ClassicStatus(SnapshotHolder snapshots, StatisticNames names, TimeProvider time, IOptions<ClassicOptions> options)
{
    /// <summary>How they are used.</summary>
    public const string Usage = "?h=NAME[,f=FORMAT], ?* or ?true for all";

    /// <summary>Servers.</summary>
    public ClassicReply Servers(string raw) => Answer(raw, ofFarms: false, ServersOf);

    /// <summary>Farms.</summary>
    public ClassicReply Farms(string raw) => Answer(raw, ofFarms: true, FarmsOf);

    /// <summary>The engine.</summary>
    public ClassicReply Engine(string raw) => Answer(raw, ofFarms: true, EngineOf);

    private ClassicReply Answer(string raw, bool ofFarms, Func<Snapshot, ClassicSelector, (IEnumerable<ClassicSubject>, ClassicFault?)> find)
    {
        var selectors = ClassicText.Read(raw, (List<List<ClassicArgument>> requests, out ClassicFault? f) => ClassicSelector.Read(requests, ofFarms, out f), out var fault);
        fault ??= selectors!.Select(s => s.Format?.Unknown(names)).FirstOrDefault(u => u is not null)
            ?? ClassicDiversity.Check(selectors!.Select(s => s.Name), options.Value);
        if (fault is not null)
        {
            return ClassicReply.Failed(fault);
        }
        var snapshot = snapshots.Current;
        return ClassicReply.Of(selectors!.ConvertAll(selector =>
        {
            var (subjects, missing) = find(snapshot, selector);
            if (missing is not null)
            {
                return ClassicReply.Failed(missing);
            }
            var text = new StringBuilder();
            foreach (var subject in subjects)
            {
                (selector.Format ?? ClassicFormat.Fixed).Write(subject, text);
            }
            return new ClassicReply(text.ToString());
        }));
    }

    private (IEnumerable<ClassicSubject>, ClassicFault?) ServersOf(Snapshot snapshot, ClassicSelector selector)
    {
        if (selector.Farm is { } farmName)
        {
            if (snapshot.FindFarm(farmName) is not { } farm)
            {
                return ([], ClassicFault.Of(ApiErrors.FarmNotFound(farmName, snapshot)));
            }
            var members = farm.Members.Where(m => selector.Name is null || EntityName.Comparer.Equals(m.Declared.Name, selector.Name)).ToArray();
            return selector.Name is { } wanted && members.Length == 0
                ? ([], ClassicFault.Of(ApiErrors.MemberNotFound(farm.Name, wanted)))
                : (members.Select(m => new ServerSubject(snapshot, m.Declared, m, time)), null);
        }
        if (selector.Name is not { } name)
        {
            return (snapshot.Servers.Select(s => new ServerSubject(snapshot, s, null, time)), null);
        }
        return snapshot.FindServer(name) is { } server
            ? ([new ServerSubject(snapshot, server, null, time)], null)
            : ([], ClassicFault.Of(ApiErrors.ServerNotFound(name, snapshot)));
    }

    private (IEnumerable<ClassicSubject>, ClassicFault?) FarmsOf(Snapshot snapshot, ClassicSelector selector)
    {
        if (selector.Name is not { } name)
        {
            return (snapshot.Farms.Select(f => new FarmSubject(f, time)), null);
        }
        return snapshot.FindFarm(name) is { } farm ? ([new FarmSubject(farm, time)], null) : ([], ClassicFault.Of(ApiErrors.FarmNotFound(name, snapshot)));
    }

    private static (IEnumerable<ClassicSubject>, ClassicFault?) EngineOf(Snapshot snapshot, ClassicSelector selector) => selector.Name is null
        ? ([new EngineSubject(snapshot)], null)
        : ([], ClassicFault.Syntax("the engine has no name to select by; write status/engine?true"));
}
