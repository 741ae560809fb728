namespace Athena.Engine.Policies.Expressions;

/// <summary>A part of an expression that was read, checked and folded.</summary>
/// <param name="Column">Where it begins; 1 is the first character.</param>
internal abstract record Node(int Column);

/// <summary>A finite number.</summary>
internal sealed record Constant(int Column, double Value) : Node(Column);

/// <summary>A text: a literal, or the value of a label. Stands in comparisons alone.</summary>
internal sealed record TextNode(int Column, string Text, bool IsLabel) : Node(Column);

/// <summary>A number that differs from member to member, or from time to time.</summary>
/// <param name="Column">Where it begins.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Name">How the expression calls it; of a statistic, its name.</param>
/// <param name="Inner">Of an aggregate: what is taken over the members.</param>
/// <param name="Texts">Of a comparison of texts: its sides.</param>
internal sealed record InputNode(int Column, InputKind Kind, string Name, Node? Inner = null, (TextNode Left, TextNode Right)? Texts = null) : Node(Column);

/// <summary>An operator before its operand.</summary>
internal sealed record UnaryNode(int Column, Operator Operator, Node Operand) : Node(Column);

/// <summary>An operator between its operands.</summary>
internal sealed record BinaryNode(int Column, Operator Operator, Node Left, Node Right) : Node(Column);

/// <summary>condition ? then : otherwise.</summary>
internal sealed record ConditionalNode(int Column, Node Condition, Node Then, Node Otherwise) : Node(Column);

/// <summary>A function of some numbers.</summary>
internal sealed record CallNode(int Column, Function Function, IReadOnlyList<Node> Arguments) : Node(Column);

/// <summary>What a name in an expression stands for.</summary>
internal enum InputKind
{
    Statistic,
    InFlight,
    SinceReport,
    Weight,
    Age,
    Latency,
    ErrorRate,
    Rate,
    SameText,
    FarmMedian,
    FarmMax,
}

internal enum Operator
{
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    Not,
}
