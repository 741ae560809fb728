namespace Athena.Cli.Top;

internal enum TopSort
{
    Name,
    State,
    Load,
    InFlight,
    Rate,
}

/// <summary>What somebody looks at, and what the keys do to it.</summary>
internal sealed class TopView
{
    private bool _typing;

    public TopSort Sort { get; private set; }

    public bool Descending { get; private set; }

    /// <summary>Only servers whose name, state or causes have this text.</summary>
    public string Filter { get; private set; } = "";

    /// <summary>Whether keys are letters of the filter.</summary>
    public bool IsTyping => _typing;

    /// <summary>Only the servers of this farm; null: all.</summary>
    public string? Farm { get; private set; }

    public bool IsPaused { get; private set; }

    public bool ShowsHelp { get; private set; }

    /// <summary>Rows of servers above the screen.</summary>
    public int Scroll { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>What a key does.</summary>
    /// <param name="key">The key.</param>
    /// <param name="farms">Names of the farms, for stepping through them.</param>
    /// <param name="servers">Number of servers in the view.</param>
    /// <param name="page">Servers that fit on the screen.</param>
    public void Press(ConsoleKeyInfo key, IReadOnlyList<string> farms, int servers, int page)
    {
        if (_typing)
        {
            Type(key);
        }
        else
        {
            switch (key.Key)
            {
                case ConsoleKey.Escape when ShowsHelp || Filter.Length > 0 || Farm is not null:
                    (ShowsHelp, Filter, Farm) = (false, "", null);
                    break;
                case ConsoleKey.Escape:
                    IsOver = true;
                    break;
                case ConsoleKey.Tab:
                    Step(farms, key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? -1 : 1);
                    break;
                case ConsoleKey.UpArrow:
                    Scroll--;
                    break;
                case ConsoleKey.DownArrow:
                    Scroll++;
                    break;
                case ConsoleKey.PageUp:
                    Scroll -= page;
                    break;
                case ConsoleKey.PageDown:
                    Scroll += page;
                    break;
                case ConsoleKey.Home:
                    Scroll = 0;
                    break;
                case ConsoleKey.End:
                    Scroll = servers;
                    break;
                default:
                    Letter(key.KeyChar);
                    break;
            }
        }
        Scroll = Math.Clamp(Scroll, 0, Math.Max(0, servers - page));
    }

    private void Letter(char letter)
    {
        switch (letter)
        {
            case 'q':
                IsOver = true;
                break;
            case '/':
                (_typing, Filter) = (true, "");
                break;
            case 'n':
                By(TopSort.Name);
                break;
            case 's':
                By(TopSort.State);
                break;
            case 'l':
                By(TopSort.Load);
                break;
            case 'f':
                By(TopSort.InFlight);
                break;
            case 'r':
                By(TopSort.Rate);
                break;
            case 'j':
                Scroll++;
                break;
            case 'k':
                Scroll--;
                break;
            case ' ' or 'p':
                IsPaused = !IsPaused;
                break;
            case '?' or 'h':
                ShowsHelp = !ShowsHelp;
                break;
            default:
                break;
        }
    }

    /// <summary>The same key again turns the order around. Names begin at A, everything else with the most.</summary>
    private void By(TopSort sort) => (Descending, Sort) = (Sort == sort ? !Descending : sort != TopSort.Name, sort);

    private void Type(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                _typing = false;
                break;
            case ConsoleKey.Escape:
                (_typing, Filter) = (false, "");
                break;
            case ConsoleKey.Backspace:
                Filter = Filter.Length > 0 ? Filter[..^1] : "";
                break;
            default:
                Filter += char.IsControl(key.KeyChar) ? "" : key.KeyChar.ToString();
                break;
        }
    }

    /// <summary>All, then each farm in turn.</summary>
    private void Step(IReadOnlyList<string> farms, int by)
    {
        var at = Farm is null ? 0 : farms.ToList().FindIndex(f => f.Equals(Farm, StringComparison.OrdinalIgnoreCase)) + 1;
        var next = (at + by + farms.Count + 1) % (farms.Count + 1);
        (Farm, Scroll) = (next == 0 ? null : farms[next - 1], 0);
    }
}
