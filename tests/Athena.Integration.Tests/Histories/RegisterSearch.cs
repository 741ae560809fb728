using System.Globalization;

namespace Athena.Integration.Tests.Histories;

/// <summary>Looks for one order of all operations on one register that explains every answer and keeps what was promised: is the history linearizable?</summary>
/// <remarks>
/// Wing and Gong's search with Lowe's memory of what was tried: a set of operations done and the value they left need be tried once. What an order must keep is <see cref="RegisterOperation.IsBefore"/>;
/// with one replica, or with reads of all, that is linearizability itself. Whatever may come next, fits and changes nothing is taken at once: if there is an order, there is one with it there.
/// An unanswered operation may come at any time, or never. The sets are told apart by 126 random bits for each operation, so a wrong "no" has odds of 2^-80; a "yes" is an order that was found.
/// </remarks>
internal sealed class RegisterSearch
{
    private const int Patience = 5_000_000;

    private readonly RegisterOperation[] _operations;
    private readonly int[] _value;
    private readonly int[] _expected;
    private readonly UInt128[] _bits;
    // A list of the operations not yet done for each replica, by their calls; ends are behind all operations.
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int _replicas;
    private readonly List<int> _order = [];
    private readonly Stack<int> _before = new();
    private readonly HashSet<(UInt128 Done, int Value)> _tried = [];
    private UInt128 _done;
    private int _state;
    private int _missing;

    private RegisterSearch(IEnumerable<RegisterOperation> operations)
    {
        _operations = [.. operations.OrderBy(o => o.Start)];
        var values = new Dictionary<string, int>();
        int Number(string? value) => value is null ? 0 : values.TryGetValue(value, out var number) ? number : values[value] = values.Count + 1;
        _value = Array.ConvertAll(_operations, o => Number(o.Value));
        _expected = Array.ConvertAll(_operations, o => Number(o.Expected));
        var random = new Random(1);
        _bits = Array.ConvertAll(_operations, _ => new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()));
        _missing = _operations.Count(o => o.End != RegisterOperation.Never);
        _replicas = _operations.Length == 0 ? 0 : _operations.Max(o => o.Replica) + 1;
        (_next, _previous) = (new int[_operations.Length + _replicas], new int[_operations.Length + _replicas]);
        for (var replica = 0; replica < _replicas; replica++)
        {
            Join(End(replica), End(replica));
        }
        for (var i = 0; i < _operations.Length; i++)
        {
            var end = End(_operations[i].Replica);
            Join(_previous[end], i);
            Join(i, end);
        }
    }

    /// <summary>Why no order explains the operations; null: one does.</summary>
    public static string? Fault(IEnumerable<RegisterOperation> operations) => new RegisterSearch(operations).Run();

    private string? Run()
    {
        var (farthest, stuck) = (-1, "");
        var ways = new Stack<Way>();
        TakeWhatFits();
        ways.Push(new Way(_order.Count, [.. Changing()]));
        var steps = 0;
        while (_missing > 0)
        {
            if (ways.Count == 0)
            {
                return stuck;
            }
            if (++steps > Patience)
            {
                return string.Create(CultureInfo.InvariantCulture, $"undecided after {steps} steps; {stuck}");
            }
            var way = ways.Peek();
            if (_order.Count > farthest)
            {
                (farthest, stuck) = (_order.Count, Stuck());
            }
            while (_order.Count > way.Length)
            {
                Undo();
            }
            if (way.Next == way.Choices.Length)
            {
                ways.Pop();
                continue;
            }
            Do(way.Choices[way.Next++]);
            TakeWhatFits();
            if (_tried.Add((_done, _state)))
            {
                ways.Push(new Way(_order.Count, [.. Changing()]));
            }
        }
        return null;
    }

    /// <summary>What may come next: nothing that is not done yet must come before it.</summary>
    private List<int> Possible()
    {
        var ends = new long[_replicas];
        for (var replica = 0; replica < _replicas; replica++)
        {
            ends[replica] = long.MaxValue;
            for (var i = _next[End(replica)]; i < _operations.Length && _operations[i].Start < ends[replica]; i = _next[i])
            {
                ends[replica] = Math.Min(ends[replica], _operations[i].End);
            }
        }
        var first = ends.Length == 0 ? 0 : ends.Min();
        var possible = new List<int>();
        for (var replica = 0; replica < _replicas; replica++)
        {
            for (var i = _next[End(replica)]; i < _operations.Length && _operations[i].Start <= ends[replica]; i = _next[i])
            {
                if (!_operations[i].IsOfAll || _operations[i].Start <= first)
                {
                    possible.Add(i);
                }
            }
        }
        return possible;
    }

    private void TakeWhatFits()
    {
        while (true)
        {
            var fitting = Possible().FindAll(i => _operations[i].Kind switch
            {
                RegisterOperationKind.Read or RegisterOperationKind.ReadOfAll => _value[i] == _state,
                RegisterOperationKind.Refusal => _expected[i] != _state,
                _ => false,
            });
            if (fitting.Count == 0)
            {
                return;
            }
            fitting.ForEach(Do);
        }
    }

    /// <summary>Those that may come next and change the value; who must be done first stands first.</summary>
    private IEnumerable<int> Changing() => Possible()
        .Where(i => _operations[i].Kind == RegisterOperationKind.Write || (_operations[i].Kind == RegisterOperationKind.Swap && _expected[i] == _state))
        .OrderBy(i => _operations[i].End);

    private string Stuck()
    {
        var value = _order.FindLast(i => _operations[i].Kind is RegisterOperationKind.Write or RegisterOperationKind.Swap) is var last && _state != 0 ? _operations[last].Value : "nothing";
        var next = string.Join(' ', Possible().Where(i => _operations[i].End != RegisterOperation.Never).Select(i => _operations[i]));
        return string.Create(CultureInfo.InvariantCulture, $"no order goes on after {_order.Count} of {_operations.Length} operations, with the value {value}, before {next}");
    }

    private void Do(int i)
    {
        Join(_previous[i], _next[i]);
        _order.Add(i);
        _done ^= _bits[i];
        _missing -= _operations[i].End == RegisterOperation.Never ? 0 : 1;
        if (_operations[i].Kind is RegisterOperationKind.Write or RegisterOperationKind.Swap)
        {
            _before.Push(_state);
            _state = _value[i];
        }
    }

    private void Undo()
    {
        var i = _order[^1];
        _order.RemoveAt(_order.Count - 1);
        // Taken back in the opposite order, its neighbours are those it had.
        var (previous, next) = (_previous[i], _next[i]);
        (_next[previous], _previous[next]) = (i, i);
        _done ^= _bits[i];
        _missing += _operations[i].End == RegisterOperation.Never ? 0 : 1;
        if (_operations[i].Kind is RegisterOperationKind.Write or RegisterOperationKind.Swap)
        {
            _state = _before.Pop();
        }
    }

    private int End(int replica) => _operations.Length + replica;

    private void Join(int one, int other) => (_next[one], _previous[other]) = (other, one);

    /// <summary>A place in the search: how much was done, and what to try there.</summary>
    private sealed class Way(int length, int[] choices)
    {
        public int Length => length;

        public int[] Choices => choices;

        public int Next { get; set; }
    }
}
