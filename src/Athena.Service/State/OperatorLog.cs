using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>One change that an operator made.</summary>
/// <param name="Id">Its number, which grows; 0: not made.</param>
/// <param name="Revision">Revision that made it.</param>
/// <param name="Time">When, by the wall clock.</param>
/// <param name="Change">What was asked for.</param>
/// <param name="Before">What operators had set of the subject before.</param>
/// <param name="After">What they had set after it.</param>
/// <param name="Undoes">The change that this one undid; 0: none.</param>
internal sealed record OperatorChange(long Id, long Revision, DateTimeOffset Time, StateChange Change, SubjectState Before, SubjectState After, long Undoes)
{
    /// <summary>What became of the farm or server itself; null: a state changed.</summary>
    public DefinitionEdit? Edit { get; init; }
}

/// <summary>What was made or changed at run time of a farm or server, before and after; null: nothing.</summary>
internal sealed record DefinitionEdit(RunTimeEntity? Before, RunTimeEntity? After);

/// <summary>The last changes that operators made; the store has them too. Written by the writer alone, read by anybody.</summary>
internal sealed class OperatorLog
{
    /// <summary>Changes kept.</summary>
    public const int Capacity = 1000;

    private readonly Lock _access = new();
    private readonly Queue<OperatorChange> _changes = new();
    private long _last;

    /// <summary>The number of the next change.</summary>
    public long NextId
    {
        get
        {
            lock (_access)
            {
                return _last + 1;
            }
        }
    }

    /// <summary>What was kept, in place of all.</summary>
    public void Load(IReadOnlyList<OperatorChange> changes)
    {
        lock (_access)
        {
            _changes.Clear();
            foreach (var change in changes.TakeLast(Capacity))
            {
                _changes.Enqueue(change);
                _last = Math.Max(_last, change.Id);
            }
        }
    }

    /// <summary>Adds a change with its number.</summary>
    public void Add(OperatorChange change)
    {
        lock (_access)
        {
            _last = change.Id;
            _changes.Enqueue(change);
            if (_changes.Count > Capacity)
            {
                _changes.Dequeue();
            }
        }
    }

    /// <summary>The change of this number; null when there is none, or no longer.</summary>
    public OperatorChange? Find(long id) => Latest().FirstOrDefault(c => c.Id == id);

    /// <summary>All that are kept, the latest first.</summary>
    public IReadOnlyList<OperatorChange> Latest()
    {
        lock (_access)
        {
            return [.. _changes.Reverse()];
        }
    }
}
