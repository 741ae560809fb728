using System.Runtime.CompilerServices;

namespace Athena.Engine.Policies;

/// <summary>What keeps something worked out from servers' numbers.</summary>
internal interface IWatchesLoad
{
    /// <summary>Whether it must know of every hand-out and of every lease that ended.</summary>
    bool WantsChanges { get; }

    /// <summary>A decision on this thread chose the server.</summary>
    /// <param name="place">Its place in the table.</param>
    /// <param name="isTold">Whether other stripes of threads know of it now.</param>
    void HandedOut(int place, bool isTold);

    /// <summary>A lease of the server ended, and its outcome, if it has one, is counted.</summary>
    void Ended(int place);

    /// <summary>The server reported.</summary>
    void Reported(int place);
}

/// <summary>The tables that keep something worked out from one server's numbers. Changed by the writer alone, read by any thread.</summary>
internal sealed class LoadWatchers
{
    private volatile (IWatchesLoad Table, int Place)[]? _watchers;
    private volatile (IWatchesLoad Table, int Place)[]? _ofChanges;

    /// <summary>Whether any wants to know of every hand-out and every lease that ended.</summary>
    public bool OfChanges => _ofChanges is not null;

    /// <summary>A decision on this thread chose the server: <see cref="IWatchesLoad.HandedOut"/>.</summary>
    /// <remarks>Not inlined: most servers have no watcher, and a decision's code is large enough.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void HandedOut(bool isTold)
    {
        if (_ofChanges is { } watchers)
        {
            foreach (var (table, place) in watchers)
            {
                table.HandedOut(place, isTold);
            }
        }
    }

    /// <summary>A lease of the server ended.</summary>
    public void Ended()
    {
        if (_ofChanges is { } watchers)
        {
            foreach (var (table, place) in watchers)
            {
                table.Ended(place);
            }
        }
    }

    /// <summary>The server reported.</summary>
    public void Reported()
    {
        if (_watchers is { } watchers)
        {
            foreach (var (table, place) in watchers)
            {
                table.Reported(place);
            }
        }
    }

    public void Add(IWatchesLoad table, int place)
    {
        _watchers = [.. _watchers ?? [], (table, place)];
        ChooseOfChanges();
    }

    public void Remove(IWatchesLoad table)
    {
        _watchers = _watchers?.Where(w => !ReferenceEquals(w.Table, table)).ToArray() is { Length: > 0 } left ? left : null;
        ChooseOfChanges();
    }

    private void ChooseOfChanges() => _ofChanges = _watchers is null || Array.TrueForAll(_watchers, w => w.Table.WantsChanges) ? _watchers
        : Array.FindAll(_watchers, w => w.Table.WantsChanges) is { Length: > 0 } some ? some : null;
}
