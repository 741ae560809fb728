namespace Athena.Engine.Policies;

/// <summary>What keeps something worked out from servers' numbers.</summary>
internal interface IWatchesLoad
{
    /// <summary>The server was chosen, or a lease of it ended.</summary>
    void Changed(int place);

    /// <summary>The server reported.</summary>
    void Reported(int place);
}

/// <summary>The tables that keep something worked out from one server's numbers. Changed by the writer alone, read by any thread.</summary>
internal sealed class LoadWatchers
{
    private volatile (IWatchesLoad Table, int Place)[]? _watchers;

    /// <summary>The server was chosen, or a lease of it ended.</summary>
    public void Changed()
    {
        if (_watchers is { } watchers)
        {
            foreach (var (table, place) in watchers)
            {
                table.Changed(place);
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

    public void Add(IWatchesLoad table, int place) => _watchers = [.. _watchers ?? [], (table, place)];

    public void Remove(IWatchesLoad table) =>
        _watchers = _watchers?.Where(w => !ReferenceEquals(w.Table, table)).ToArray() is { Length: > 0 } left ? left : null;
}
