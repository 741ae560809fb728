namespace Athena.Engine.Policies.Expressions;

/// <summary>Reads an expression into checked and folded nodes, or says where the first fault is.</summary>
/// <remarks>
/// Precedence climbing (Pratt). Weakest first: ?: (to the right), ||, &amp;&amp;, == !=, &lt; &lt;= &gt; &gt;=, + -, * /, then - and ! before an operand. Nothing is
/// thrown: a fault is kept, and null goes up. Each token is read once.
/// </remarks>
internal sealed partial class Parser(string text)
{
    /// <summary>Longest expression, in characters.</summary>
    public const int MaxLength = 4096;

    /// <summary>Most numbers, names, operators and functions in one expression.</summary>
    public const int MaxNodes = 256;

    /// <summary>How deep parentheses, functions, signs and conditions go into each other.</summary>
    public const int MaxDepth = 64;

    private const int LongestShown = 40;

    private static readonly (string Symbol, Operator Operator, int Precedence)[] Binary =
    [
        ("||", Operator.Or, 1), ("&&", Operator.And, 2), ("==", Operator.Equal, 3), ("!=", Operator.NotEqual, 3),
        ("<=", Operator.LessOrEqual, 4), ("<", Operator.Less, 4), (">=", Operator.GreaterOrEqual, 4), (">", Operator.Greater, 4),
        ("+", Operator.Add, 5), ("-", Operator.Subtract, 5), ("*", Operator.Multiply, 6), ("/", Operator.Divide, 6),
    ];

    private Token _token;
    private int _depth;
    private int _nodes;

    /// <summary>What is wrong; null while nothing is.</summary>
    public ExpressionFault? Fault { get; private set; }

    /// <summary>Tokens read: the measure of the work.</summary>
    public int Steps { get; private set; }

    /// <summary>The whole expression, or null with a <see cref="Fault"/>.</summary>
    public Node? Parse()
    {
        if (text.Length > MaxLength)
        {
            return Fail(MaxLength + 1, $"{text.Length} characters; at most {MaxLength} are taken");
        }
        Next();
        if (_token.Kind == TokenKind.End)
        {
            return Fail(1, "the expression is empty; write a formula such as 0.6*cpu + 0.4*jobs/capacity");
        }
        var node = Conditional();
        if (node is not null && _token.Kind != TokenKind.End)
        {
            return Is(")") ? Fail(_token.Column, "')' closes nothing") : Expected("an operator or the end");
        }
        return node is null ? null : Number(node);
    }

    private Node? Conditional()
    {
        if (++_depth > MaxDepth)
        {
            return Fail(_token.Column, $"nested deeper than {MaxDepth}");
        }
        var node = Operation(1);
        if (node is not null && Is("?"))
        {
            Next();
            if (Number(node) is not { } condition || Conditional() is not { } then || !Take(":") || Conditional() is not { } otherwise)
            {
                return null;
            }
            node = Number(then) is null || Number(otherwise) is null ? null
                : Counted(condition is Constant c ? (Folding.IsTrue(c.Value) ? then : otherwise) : new ConditionalNode(node.Column, condition, then, otherwise));
        }
        _depth--;
        return node;
    }

    private Node? Operation(int least)
    {
        var left = Operand();
        var compared = 0;
        while (left is not null && Find(_token) is var (_, op, precedence) && precedence >= least)
        {
            if (compared == precedence)
            {
                return Fail(_token.Column, "comparisons do not chain; write a < b && b < c");
            }
            compared = precedence is 3 or 4 ? precedence : 0;
            Next();
            left = Operation(precedence + 1) is { } right ? Joined(left, op, right) : null;
        }
        return left;
    }

    private Node? Operand()
    {
        if (_token is { Kind: TokenKind.Symbol } && (Is("-") || Is("!")))
        {
            var (column, op) = (_token.Column, Is("-") ? Operator.Negate : Operator.Not);
            if (++_depth > MaxDepth)
            {
                return Fail(column, $"nested deeper than {MaxDepth}");
            }
            Next();
            var operand = Operand() is { } node ? Number(node) : null;
            _depth--;
            return operand is null ? null : Counted(operand is Constant c ? new Constant(column, Folding.Of(op, c.Value)) : new UnaryNode(column, op, operand));
        }
        var token = _token;
        switch (token.Kind)
        {
            case TokenKind.Number:
                Next();
                return Counted(new Constant(token.Column, token.Number));
            case TokenKind.Text:
                Next();
                return Counted(new TextNode(token.Column, text[(token.Start + 1)..(token.End - 1)], IsLabel: false));
            case TokenKind.Name:
                Next();
                return Is("(") ? Called(token) : Named(token);
            case TokenKind.Symbol when Is("("):
                Next();
                return Conditional() is { } inner && Take(")") ? inner : null;
            default:
                return Expected("a number, a name or '('");
        }
    }

    private Node? Joined(Node left, Operator op, Node right)
    {
        if (left is TextNode a && right is TextNode b && op is Operator.Equal or Operator.NotEqual)
        {
            var same = new InputNode(left.Column, InputKind.SameText, $"{Shown(a)} == {Shown(b)}", Texts: (a, b));
            return Counted(op == Operator.Equal ? same : new UnaryNode(left.Column, Operator.Not, same));
        }
        if (Number(left) is null || Number(right) is null)
        {
            return null;
        }
        if (op == Operator.Divide && right is Constant { Value: 0 })
        {
            return Fail(right.Column, "division by zero");
        }
        return Counted(left is Constant x && right is Constant y ? new Constant(left.Column, Folding.Of(op, x.Value, y.Value)) : new BinaryNode(left.Column, op, left, right));
    }

    /// <summary>The node, where a number must stand.</summary>
    private Node? Number(Node node) => node is TextNode
        ? Fail(node.Column, "a text where a number is needed; texts are compared with == or !=, as in label(\"zone\") == \"a\"")
        : node;

    private Node? Counted(Node node) => node is Constant { Value: var value } && !double.IsFinite(value) ? Fail(node.Column, "this constant is not a finite number")
        : ++_nodes > MaxNodes ? Fail(node.Column, $"more than {MaxNodes} numbers, names, operators and functions")
        : node;

    private void Next()
    {
        Steps++;
        _token = Lexer.At(text, _token.End);
    }

    private bool Is(string symbol) => _token.Kind == TokenKind.Symbol && text.AsSpan(_token.Start, _token.End - _token.Start).SequenceEqual(symbol);

    private bool Take(string symbol)
    {
        if (!Is(symbol))
        {
            Expected($"'{symbol}'");
            return false;
        }
        Next();
        return true;
    }

    private (string Symbol, Operator Operator, int Precedence)? Find(in Token token)
    {
        if (token.Kind == TokenKind.Symbol)
        {
            foreach (var binary in Binary)
            {
                if (Is(binary.Symbol))
                {
                    return binary;
                }
            }
        }
        return null;
    }

    private Node? Expected(string what)
    {
        if (Fault is not null || _token.Kind == TokenKind.Bad)
        {
            return Fail(_token.Column, _token.Fault ?? "");
        }
        var found = _token.Kind == TokenKind.End ? "the end" : $"'{Short(text[_token.Start.._token.End])}'";
        var hint = text[_token.Start.._token.End] switch
        {
            "and" => "; did you mean '&&'?",
            "or" => "; did you mean '||'?",
            "+" => "; a number has no '+' before it",
            _ => "",
        };
        return Fail(_token.Column, $"expected {what}, found {found}{hint}");
    }

    private Node? Fail(int column, string message)
    {
        Fault ??= new ExpressionFault(column, message);
        return null;
    }

    private static string Short(string word) => word.Length <= LongestShown ? word : word[..LongestShown] + "...";

    private static string Shown(TextNode node) => node.IsLabel ? $"label(\"{Short(node.Text)}\")" : $"\"{Short(node.Text)}\"";
}
