using System.Linq.Expressions;
using System.Reflection;

namespace Athena.Engine.Policies.Expressions;

/// <summary>Turns checked nodes into machine code, by the base library's expression trees, and lays out the row of numbers that it reads.</summary>
internal sealed class FormulaCompiler(IReadOnlyList<string> statistics, IReadOnlySet<string> raised)
{
    private static readonly MethodInfo Minimum = Method(Math.Min);
    private static readonly MethodInfo Maximum = Method(Math.Max);
    private static readonly MethodInfo LargerOf = Method(double.MaxNative);
    private static readonly MethodInfo Power = Method(Math.Pow);
    private static readonly MethodInfo IsNaN = ((Func<double, bool>)double.IsNaN).Method;

    private readonly ParameterExpression _row = Expression.Parameter(typeof(double[]), "row");
    private readonly ParameterExpression _chosen = Expression.Parameter(typeof(double), "chosen");
    private readonly ParameterExpression _handOuts = Expression.Parameter(typeof(double), "handOuts");
    private readonly ParameterExpression _inFlight = Expression.Parameter(typeof(double), "inFlight");
    private readonly Dictionary<(InputKind, string, bool), int> _slots = [];

    public List<Slot> Slots { get; } = [];

    public IReadOnlyList<string> Statistics => statistics;

    public int RowLength { get; private set; }

    /// <summary>Compiles one formula over the common row, and runs it once, so that no pick waits for the machine code.</summary>
    public Evaluator Compile(Node node) => Compiled(Number(node, orAbsent: false));

    /// <summary>Names of the statistics in a formula, aggregates included, in the order of their first use.</summary>
    public static IReadOnlyList<string> StatisticsOf(Node root)
    {
        var names = new List<string>();
        void Visit(Node node)
        {
            switch (node)
            {
                case InputNode { Kind: InputKind.Statistic } i when !names.Contains(i.Name):
                    names.Add(i.Name);
                    break;
                case InputNode { Inner: { } inner }:
                    Visit(inner);
                    break;
                case UnaryNode u:
                    Visit(u.Operand);
                    break;
                case BinaryNode b:
                    Visit(b.Left);
                    Visit(b.Right);
                    break;
                case ConditionalNode c:
                    Visit(c.Condition);
                    Visit(c.Then);
                    Visit(c.Otherwise);
                    break;
                case CallNode c:
                    foreach (var argument in c.Arguments)
                    {
                        Visit(argument);
                    }
                    break;
            }
        }
        Visit(root);
        return names;
    }

    private Expression Number(Node node, bool orAbsent) => node switch
    {
        Constant c => Expression.Constant(c.Value),
        InputNode i => Read(SlotOf(i, orAbsent)),
        UnaryNode { Operator: Operator.Negate } u => Expression.Negate(Number(u.Operand, orAbsent)),
        BinaryNode { Operator: Operator.Add } b => Expression.Add(Number(b.Left, orAbsent), Number(b.Right, orAbsent)),
        BinaryNode { Operator: Operator.Subtract } b => Expression.Subtract(Number(b.Left, orAbsent), Number(b.Right, orAbsent)),
        BinaryNode { Operator: Operator.Multiply } b => Expression.Multiply(Number(b.Left, orAbsent), Number(b.Right, orAbsent)),
        BinaryNode { Operator: Operator.Divide } b => Expression.Divide(Number(b.Left, orAbsent), Number(b.Right, orAbsent)),
        ConditionalNode c => Expression.Condition(Truth(c.Condition, orAbsent), Number(c.Then, orAbsent), Number(c.Otherwise, orAbsent)),
        CallNode c => Call(c, orAbsent),
        _ => Expression.Condition(Truth(node, orAbsent), Expression.Constant(1.0), Expression.Constant(0.0)),
    };

    private Expression Truth(Node node, bool orAbsent)
    {
        switch (node)
        {
            case UnaryNode { Operator: Operator.Not } u:
                return Expression.Not(Truth(u.Operand, orAbsent));
            case BinaryNode { Operator: Operator.And } b:
                return Expression.AndAlso(Truth(b.Left, orAbsent), Truth(b.Right, orAbsent));
            case BinaryNode { Operator: Operator.Or } b:
                return Expression.OrElse(Truth(b.Left, orAbsent), Truth(b.Right, orAbsent));
            case BinaryNode { Operator: >= Operator.Equal and <= Operator.GreaterOrEqual } b:
                var (left, right) = (Number(b.Left, orAbsent), Number(b.Right, orAbsent));
                return b.Operator switch
                {
                    Operator.Equal => Expression.Equal(left, right),
                    Operator.NotEqual => Expression.NotEqual(left, right),
                    Operator.Less => Expression.LessThan(left, right),
                    Operator.LessOrEqual => Expression.LessThanOrEqual(left, right),
                    Operator.Greater => Expression.GreaterThan(left, right),
                    _ => Expression.GreaterThanOrEqual(left, right),
                };
            default:
                var number = Expression.Variable(typeof(double));
                var zero = Expression.Constant(0.0);
                return Expression.Block([number], Expression.Assign(number, Number(node, orAbsent)),
                    Expression.OrElse(Expression.LessThan(number, zero), Expression.GreaterThan(number, zero)));
        }
    }

    private Expression Call(CallNode node, bool orAbsent)
    {
        if (node.Function.Kind == FunctionKind.Coalesce)
        {
            return Coalesced(node.Arguments, orAbsent);
        }
        var x = node.Arguments.Select(a => Number(a, orAbsent)).ToArray();
        return node.Function.Kind switch
        {
            FunctionKind.Min => x.Aggregate((a, b) => Expression.Call(Minimum, a, b)),
            FunctionKind.Max => x.Aggregate((a, b) => Expression.Call(Maximum, a, b)),
            FunctionKind.Abs => Expression.Call(Method((Func<double, double>)Math.Abs), x),
            FunctionKind.Sqrt => Expression.Call(Method((Func<double, double>)Math.Sqrt), x),
            FunctionKind.Log => Expression.Call(Method((Func<double, double>)Math.Log), x),
            FunctionKind.Exp => Expression.Call(Method((Func<double, double>)Math.Exp), x),
            FunctionKind.Pow => Expression.Call(Power, x),
            _ => Expression.Call(Minimum, Expression.Call(Maximum, x[0], x[1]), x[2]),
        };
    }

    /// <summary>The first argument that is a number. All but the last see what is absent; the last one only where the whole does.</summary>
    private Expression Coalesced(IReadOnlyList<Node> arguments, bool orAbsent)
    {
        var result = Number(arguments[^1], orAbsent);
        for (var k = arguments.Count - 2; k >= 0; k--)
        {
            var number = Expression.Variable(typeof(double));
            result = Expression.Block([number], Expression.Assign(number, Number(arguments[k], orAbsent: true)),
                Expression.Condition(Expression.Call(IsNaN, number), result, number));
        }
        return result;
    }

    private Expression Read(Slot slot)
    {
        if (slot.Kind == InputKind.InFlight)
        {
            return _inFlight;
        }
        var number = At(slot.At);
        if (slot.Kind == InputKind.SinceReport)
        {
            return Expression.Call(Maximum, Expression.Constant(0.0), Expression.Subtract(_chosen, number));
        }
        if (!slot.IsRaised)
        {
            return number;
        }
        // The second argument where it is absent: NaN.
        return Expression.Call(LargerOf, Expression.Constant(0.0), Expression.Add(number, Expression.Multiply(At(slot.At + 1), Expression.Add(_handOuts, At(slot.At + 2)))));
    }

    private BinaryExpression At(int place) => Expression.ArrayIndex(_row, Expression.Constant(place));

    private Slot SlotOf(InputNode node, bool orAbsent)
    {
        // Only these can be absent.
        orAbsent &= node.Kind is InputKind.Statistic or InputKind.Age or InputKind.Latency;
        if (_slots.TryGetValue((node.Kind, node.Name, orAbsent), out var known))
        {
            return Slots[known];
        }
        var inner = node.Inner is null ? null : Compiled(Number(node.Inner, orAbsent: true));
        var isRaised = node.Kind == InputKind.Statistic && raised.Contains(node.Name);
        var statistic = node.Kind == InputKind.Statistic ? statistics.ToList().IndexOf(node.Name) : -1;
        var slot = new Slot(node.Kind, node.Name, RowLength, orAbsent, isRaised, statistic, inner, node.Texts);
        RowLength += isRaised ? 3 : 1;
        _slots.Add((node.Kind, node.Name, orAbsent), Slots.Count);
        Slots.Add(slot);
        return slot;
    }

    private Evaluator Compiled(Expression body)
    {
        // The last number is read first: the machine code then knows that all others are within the row.
        var checkedOnce = RowLength > 0 ? Expression.Block(At(RowLength - 1), body) : body;
        var evaluate = Expression.Lambda<Evaluator>(checkedOnce, _row, _chosen, _handOuts, _inFlight).Compile();
        evaluate(new double[RowLength], 0, 0, 0);
        return evaluate;
    }

    private static MethodInfo Method(Func<double, double, double> function) => function.Method;

    private static MethodInfo Method(Func<double, double> function) => function.Method;
}
