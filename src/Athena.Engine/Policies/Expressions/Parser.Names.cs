using Athena.Engine.Farms;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies.Expressions;

/// <summary>What a name stands for: a built-in, a function with its arguments, a statistic.</summary>
internal sealed partial class Parser
{
    private Node? Named(in Token token)
    {
        var name = text[token.Start..token.End];
        if (Function.BuiltIns.TryGetValue(name, out var kind))
        {
            return Counted(new InputNode(token.Column, kind, name));
        }
        if ((Function.Find(name)?.Usage ?? Function.Forms.GetValueOrDefault(name)) is { } usage)
        {
            return Fail(token.Column, $"'{name}' is a function: {usage}; a statistic of this name is written stat(\"{name}\")");
        }
        if (Function.BuiltIns.Keys.FirstOrDefault(b => IsAlike(b, name)) is { } near)
        {
            return Fail(token.Column, $"no built-in '{name}'; did you mean '{near}'? A statistic of this name is written stat(\"{name}\")");
        }
        return Statistic(token.Column, name);
    }

    private Node? Called(in Token token)
    {
        var name = text[token.Start..token.End];
        Next();
        if (name is "label" or "stat")
        {
            var (argument, column) = (_token, _token.Column);
            if (argument.Kind != TokenKind.Text)
            {
                return Fail(column, $"{Function.Forms[name]} takes a name in quotes");
            }
            Next();
            var inner = text[(argument.Start + 1)..(argument.End - 1)];
            return !Take(")") ? null : name == "stat" ? Statistic(column, inner) : Counted(new TextNode(token.Column, inner, IsLabel: true));
        }
        if (name is "farm_median" or "farm_max")
        {
            if (Conditional() is not { } inner || Number(inner) is null)
            {
                return null;
            }
            var whole = text[token.Start.._token.End];
            return !Take(")") ? null : Counted(inner is Constant ? inner : new InputNode(token.Column, name == "farm_max" ? InputKind.FarmMax : InputKind.FarmMedian, whole, inner));
        }
        if (Function.Find(name) is not { } function)
        {
            var known = Function.All.Select(f => f.Name).Concat(Function.Forms.Keys);
            var hint = Function.BuiltIns.ContainsKey(name) ? $"'{name}' stands without parentheses"
                : EntityName.Closest(name, known) is { } near ? $"no function '{Short(name)}'; did you mean '{near}'?"
                : $"no function '{Short(name)}'; there are {string.Join(", ", known)}";
            return Fail(token.Column, hint);
        }
        return Call(function, token.Column);
    }

    private Node? Call(Function function, int column)
    {
        var arguments = new List<Node>();
        if (!Is(")"))
        {
            do
            {
                if (arguments.Count > 0)
                {
                    Next();
                }
                if (Conditional() is not { } argument || Number(argument) is null)
                {
                    return null;
                }
                arguments.Add(argument);
            }
            while (Is(","));
        }
        if (!Take(")"))
        {
            return null;
        }
        if (arguments.Count < function.Least || arguments.Count > function.Most)
        {
            return Fail(column, $"{function.Name} takes {(function.Least == function.Most ? "" : "at least ")}{function.Least} of numbers, here are {arguments.Count}: {function.Usage}");
        }
        return Counted(arguments.TrueForAll(a => a is Constant)
            ? new Constant(column, function.Of([.. arguments.Cast<Constant>().Select(c => c.Value)]))
            : new CallNode(column, function, arguments));
    }

    private Node? Statistic(int column, string name) => StatisticNames.IsValid(name)
        ? Counted(new InputNode(column, InputKind.Statistic, name))
        : Fail(column, $"'{Short(name)}' is not the name of a statistic: 1 to {StatisticNames.MaxLength} of letters, digits, '.', '_'");

    /// <summary>Whether a name is a built-in's but for case and underscores.</summary>
    private static bool IsAlike(string builtIn, string name) =>
        name.Length <= builtIn.Length + 2 && name.Replace("_", "", StringComparison.Ordinal).Equals(builtIn.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
}
