namespace Athena.Engine.Policies.Expressions;

/// <summary>How a formula goes as one of its inputs rises.</summary>
[Flags]
internal enum Direction
{
    /// <summary>It does not depend on it.</summary>
    None = 0,

    /// <summary>It rises, or stays.</summary>
    Up = 1,

    /// <summary>It falls, or stays.</summary>
    Down = 2,

    /// <summary>The rules below cannot tell.</summary>
    Mixed = 3,
}

/// <summary>Whether more of a statistic is better or worse, by the rules of monotone functions and of signs. Statistics are never negative.</summary>
internal static class Directions
{
    /// <summary>How a node goes as those inputs rise.</summary>
    public static Direction Of(Node node, Predicate<InputNode> input) => node switch
    {
        InputNode i => input(i) ? Direction.Up : Direction.None,
        UnaryNode { Operator: Operator.Negate } u => Flip(Of(u.Operand, input)),
        UnaryNode u => Flip(Times(Of(u.Operand, input), SignOf(u.Operand))),
        BinaryNode b => Of(b, Of(b.Left, input), Of(b.Right, input)),
        ConditionalNode c => (Of(c.Condition, input) == Direction.None ? Direction.None : Direction.Mixed) | Of(c.Then, input) | Of(c.Otherwise, input),
        CallNode c => Of(c, input),
        _ => Direction.None,
    };

    private static Direction Of(BinaryNode node, Direction left, Direction right) => node.Operator switch
    {
        Operator.Add => left | right,
        Operator.Subtract => left | Flip(right),
        Operator.Multiply => Times(left, SignOf(node.Right)) | Times(right, SignOf(node.Left)),
        Operator.Divide => Times(left, SignOf(node.Right)) | (SignOf(node.Right) == Sign.Any ? Times(right, Sign.Any) : Flip(Times(right, SignOf(node.Left)))),
        Operator.Less or Operator.LessOrEqual => Flip(left) | right,
        Operator.Greater or Operator.GreaterOrEqual => left | Flip(right),
        Operator.And or Operator.Or => Times(left, SignOf(node.Left)) | Times(right, SignOf(node.Right)),
        _ => Times(left | right, Sign.Any),
    };

    private static Direction Of(CallNode node, Predicate<InputNode> input)
    {
        var all = Direction.None;
        foreach (var argument in node.Arguments)
        {
            all |= Of(argument, input);
        }
        return node.Function.Kind switch
        {
            FunctionKind.Abs => Times(all, SignOf(node.Arguments[0])),
            FunctionKind.Pow => SignOf(node.Arguments[0]) != Sign.NotNegative || node.Arguments[1] is not Constant power ? Times(all, Sign.Any)
                : power.Value < 0 ? Flip(all) : all,
            _ => all,
        };
    }

    private static Direction Flip(Direction direction) => direction switch
    {
        Direction.Up => Direction.Down,
        Direction.Down => Direction.Up,
        _ => direction,
    };

    /// <summary>Of a product: how it goes as one factor does, by the sign of the other.</summary>
    private static Direction Times(Direction direction, Sign sign) => sign switch
    {
        Sign.NotNegative => direction,
        Sign.NotPositive => Flip(direction),
        _ => direction == Direction.None ? Direction.None : Direction.Mixed,
    };

    private static Sign SignOf(Node node) => node switch
    {
        Constant c => c.Value >= 0 ? Sign.NotNegative : Sign.NotPositive,
        InputNode { Inner: { } inner } => SignOf(inner),
        InputNode => Sign.NotNegative,
        UnaryNode { Operator: Operator.Negate } u => Opposite(SignOf(u.Operand)),
        UnaryNode => Sign.NotNegative,
        BinaryNode { Operator: Operator.Add } b => Both(SignOf(b.Left), SignOf(b.Right)),
        BinaryNode { Operator: Operator.Subtract } b => Both(SignOf(b.Left), Opposite(SignOf(b.Right))),
        BinaryNode { Operator: Operator.Multiply or Operator.Divide } b => Product(SignOf(b.Left), SignOf(b.Right)),
        BinaryNode => Sign.NotNegative,
        ConditionalNode c => Both(SignOf(c.Then), SignOf(c.Otherwise)),
        CallNode c => OfCall(c),
        _ => Sign.Any,
    };

    private static Sign OfCall(CallNode node)
    {
        // Each argument is looked at once: twice would be 2^depth times in all.
        var signs = node.Arguments.Select(SignOf).ToArray();
        return node.Function.Kind switch
        {
            FunctionKind.Abs or FunctionKind.Sqrt or FunctionKind.Exp => Sign.NotNegative,
            FunctionKind.Pow => signs[0] == Sign.NotNegative ? Sign.NotNegative : Sign.Any,
            FunctionKind.Log => Sign.Any,
            FunctionKind.Max when signs.Contains(Sign.NotNegative) => Sign.NotNegative,
            FunctionKind.Min when signs.Contains(Sign.NotPositive) => Sign.NotPositive,
            FunctionKind.Clamp => Both(signs[1], signs[2]),
            _ => signs.Aggregate(Both),
        };
    }

    private static Sign Opposite(Sign sign) => sign switch
    {
        Sign.NotNegative => Sign.NotPositive,
        Sign.NotPositive => Sign.NotNegative,
        _ => Sign.Any,
    };

    private static Sign Both(Sign a, Sign b) => a == b ? a : Sign.Any;

    private static Sign Product(Sign a, Sign b) => a == Sign.Any || b == Sign.Any ? Sign.Any : a == b ? Sign.NotNegative : Sign.NotPositive;

    private enum Sign
    {
        Any,
        NotNegative,
        NotPositive,
    }
}
