using System.Text;
using Athena.Engine.Statistics;

namespace Athena.Service.Classic;

/// <summary>How a line of a status looks: `%h` a code, `%{age}` a long name or a statistic, `%%`, `\n`, `\t`; the rest as it stands.</summary>
internal sealed class ClassicFormat
{
    /// <summary>What stands for a value that there is not.</summary>
    public const string Nothing = "-";

    private readonly List<Piece> _pieces = [];

    private ClassicFormat()
    {
    }

    /// <summary>The line of a status without format.</summary>
    public static ClassicFormat Fixed { get; } = Parse("%h %s %u %i %c %m %l %n %t", out _)!;

    /// <summary>Statistics asked for by their own names.</summary>
    public IEnumerable<string> Statistics => _pieces.Select(p => p.Statistic).OfType<string>();

    /// <summary>The format of a text.</summary>
    /// <returns>Null when it is none; then the fault says why.</returns>
    public static ClassicFormat? Parse(string text, out ClassicFault? fault)
    {
        var format = new ClassicFormat();
        var literal = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            var next = at + 1 < text.Length ? text[at + 1] : '\0';
            switch (text[at])
            {
                case '\\' when next is 'n' or 't' or '\\':
                    literal.Append(next == 'n' ? '\n' : next == 't' ? '\t' : '\\');
                    at++;
                    break;
                case '%' when next == '%':
                    literal.Append('%');
                    at++;
                    break;
                case '%':
                    if (FieldAt(text.AsSpan(at + 1), out var length) is not { } field)
                    {
                        fault = ClassicFault.Syntax($"'{ClassicFault.Shown(text.Substring(at, Math.Min(length + 1, text.Length - at)))}' is not a field, in the format '{ClassicFault.Shown(text)}'");
                        return null;
                    }
                    format._pieces.Add(field with { Literal = literal.ToString() });
                    literal.Clear();
                    at += length;
                    break;
                default:
                    literal.Append(text[at]);
                    break;
            }
        }
        if (text.Length == 0)
        {
            fault = ClassicFault.Syntax("the format is empty");
            return null;
        }
        format._pieces.Add(new Piece(literal.ToString(), null, null));
        fault = null;
        return format;
    }

    /// <summary>A name in it that is no field and no statistic of any server; null: none.</summary>
    public ClassicFault? Unknown(StatisticNames names) => Statistics.FirstOrDefault(s => !names.IsKnown(s)) is { } unknown
        ? ClassicFault.Syntax($"'%{{{unknown}}}' is not a field, and no server has reported such a statistic")
        : null;

    /// <summary>Adds the line of a subject and a newline.</summary>
    public void Write(ClassicSubject subject, StringBuilder into)
    {
        foreach (var (literal, field, statistic) in _pieces)
        {
            into.Append(literal);
            if (field is not null)
            {
                into.Append(field.Show!(subject) ?? Nothing);
            }
            else if (statistic is not null)
            {
                into.Append(subject.Statistic(statistic) is { } value ? ClassicField.Text(value) : Nothing);
            }
        }
        into.Append('\n');
    }

    /// <param name="text">What follows a percent sign.</param>
    /// <param name="length">Characters of the field, or of what is none.</param>
    private static Piece? FieldAt(ReadOnlySpan<char> text, out int length)
    {
        length = 1;
        if (text.IsEmpty)
        {
            return null;
        }
        if (text[0] != '{')
        {
            var coded = ClassicField.FindCode(text, out var ofCode);
            length = coded is null ? 1 : ofCode;
            return coded?.Show is null ? null : new Piece("", coded, null);
        }
        var end = text.IndexOf('}');
        length = end < 0 ? text.Length : end + 1;
        if (end < 0)
        {
            return null;
        }
        var name = text[1..end].ToString();
        return ClassicField.FindName(name) is { } named ? (named.Show is null ? null : new Piece("", named, null))
            : StatisticNames.IsValid(name) ? new Piece("", null, name)
            : null;
    }

    /// <summary>Text, and the field or statistic after it.</summary>
    private sealed record Piece(string Literal, ClassicField? Field, string? Statistic);
}
