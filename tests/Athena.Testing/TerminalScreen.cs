using System.Globalization;
using System.Text;

namespace Athena.Testing;

/// <summary>What is on a terminal.</summary>
/// <param name="Lines">The lines in sight, without blanks at their ends.</param>
/// <param name="Past">The lines of the ordinary screen, while a program has one of its own.</param>
/// <param name="IsOwn">Whether the program has a screen of its own.</param>
/// <param name="HasCursor">Whether the cursor is shown.</param>
/// <param name="Wraps">Whether lines go on in the next one at the edge.</param>
/// <param name="Clears">How often the whole screen was cleared while a program had its own: each time it flickers.</param>
/// <param name="Colours">Colours that were used, as their codes.</param>
public sealed record TerminalView(string[] Lines, string[] Past, bool IsOwn, bool HasCursor, bool Wraps, int Clears, string[] Colours)
{
    /// <summary>Whether a line has all of these texts.</summary>
    public bool Has(params string[] texts) => Lines.Any(l => texts.All(t => l.Contains(t, StringComparison.Ordinal)));

    public override string ToString() => string.Join('\n', Lines);
}

/// <summary>As much of a terminal as the programs of this house use: two screens, the cursor, erasing, colours.</summary>
internal sealed class TerminalScreen
{
    private readonly StringBuilder _sequence = new();
    private readonly HashSet<string> _colours = [];
    private List<StringBuilder> _lines = [new()];
    private List<StringBuilder>? _past;
    private (int Row, int Column) _at;
    private (int Row, int Column) _before;
    private bool _cursor = true;
    private bool _wraps = true;
    private int _clears;

    /// <summary>Columns. Text that goes on is put over the last one where lines do not wrap; what stood beyond is lost.</summary>
    public int Width
    {
        get;
        set
        {
            field = value;
            _lines.ForEach(l => l.Length = Math.Min(l.Length, value));
        }
    } = int.MaxValue;

    public TerminalView View() => new(Texts(_lines), Texts(_past ?? _lines), _past is not null, _cursor, _wraps, _clears, [.. _colours]);

    public void Take(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (_sequence.Length > 0 || c == '\e')
            {
                _sequence.Append(c);
                if (IsWhole())
                {
                    Obey(_sequence.ToString());
                    _sequence.Clear();
                }
            }
            else
            {
                Put(c);
            }
        }
    }

    private static string[] Texts(List<StringBuilder> lines) => [.. lines.Select(l => l.ToString().TrimEnd())];

    /// <summary>`ESC [ ... letter`, `ESC O x`, or ESC and one character.</summary>
    private bool IsWhole() => _sequence.Length switch
    {
        1 => false,
        2 => _sequence[1] is not ('[' or 'O' or '(' or ']'),
        _ => _sequence[1] switch { '[' => _sequence[^1] is >= '@' and <= '~', ']' => _sequence[^1] is '\a', _ => true },
    };

    private void Put(char c)
    {
        switch (c)
        {
            case '\r':
                _at.Column = 0;
                break;
            case '\n':
                _at.Row++;
                break;
            case '\b':
                _at.Column = Math.Max(0, _at.Column - 1);
                break;
            case < ' ':
                break;
            default:
                var line = Line();
                while (line.Length <= _at.Column)
                {
                    line.Append(' ');
                }
                line[_at.Column] = c;
                _at.Column += _wraps || _at.Column + 1 < Width ? 1 : 0;
                break;
        }
    }

    private StringBuilder Line()
    {
        while (_lines.Count <= _at.Row)
        {
            _lines.Add(new());
        }
        return _lines[_at.Row];
    }

    private void Obey(string sequence)
    {
        if (sequence[1] != '[')
        {
            return;
        }
        var (what, arguments) = (sequence[^1], sequence[2..^1]);
        switch (what, arguments)
        {
            case ('h' or 'l', "?1049"):
                Turn(what == 'h');
                break;
            case ('h' or 'l', "?25"):
                _cursor = what == 'h';
                break;
            case ('h' or 'l', "?7"):
                _wraps = what == 'h';
                break;
            case ('H', _):
                var place = arguments.Split(';').Select(a => int.TryParse(a, CultureInfo.InvariantCulture, out var n) ? n - 1 : 0).ToArray();
                _at = (place[0], place.Length > 1 ? place[1] : 0);
                break;
            case ('K', _):
                Line().Length = Math.Min(Line().Length, _at.Column);
                break;
            case ('J', "" or "0"):
                Line().Length = Math.Min(Line().Length, _at.Column);
                _lines.RemoveRange(_at.Row + 1, _lines.Count - _at.Row - 1);
                break;
            case ('J', _):
                _clears += _past is null ? 0 : 1;
                _lines = [new()];
                break;
            case ('m', _):
                _colours.Add(arguments);
                break;
            default:
                break;
        }
    }

    private void Turn(bool own)
    {
        if (own && _past is null)
        {
            (_past, _lines, _before, _at) = (_lines, [new()], _at, (0, 0));
        }
        else if (!own && _past is not null)
        {
            (_lines, _past, _at) = (_past, null, _before);
        }
    }
}
