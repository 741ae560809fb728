using System.Globalization;
using Athena.Cli.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Athena.Cli.Top;

/// <summary>Draws a model as a view wants it, within a width and height. What does not fit is left out, the least telling columns first.</summary>
internal static class TopScreen
{
    private const int Narrowest = 24;
    private const int ForSparkline = 70;
    private const int ForCauses = 90;
    private const int ForInFlight = 44;
    private const int ForLoad = 54;
    private const string Help = "n s l f r  sort by name, state, load, in flight, rate (again: turn)   /  filter   Tab  farm by farm   arrows  scroll   space  pause   Esc  all again   q  quit";

    /// <summary>Servers that fit below the farms.</summary>
    public static int Page(int farms, int height, bool help) => Math.Max(1, height - 5 - FarmsShown(farms, height) - (help ? 2 : 0));

    public static IRenderable Draw(TopModel model, TopView view, string address, string? trouble, int width, int height)
    {
        if (width < Narrowest)
        {
            return new Text("too narrow");
        }
        var farms = model.Farms();
        var servers = model.Servers(view);
        var parts = new List<IRenderable> { Head(model, view, address, trouble, width) };
        parts.Add(FarmTable(farms, view, width, FarmsShown(farms.Count, height)));
        parts.Add(ServerTable([.. servers.Skip(view.Scroll).Take(Page(farms.Count, height, view.ShowsHelp))], view, width));
        if (view.ShowsHelp)
        {
            parts.Add(Line(Help.Length <= width * 2 ? Help : "n s l f r  sort   /  filter   Tab  farms   space  pause   q  quit", Tone.Faint));
        }
        parts.Add(Foot(view, servers.Count, width));
        return new Rows(parts);
    }

    private static int FarmsShown(int farms, int height) => Math.Clamp(farms, 1, Math.Max(1, (height - 6) / 3));

    private static Text Line(string text, Tone tone) => new(Terminal.Clean(text), RichGrid.StyleOf(tone)) { Overflow = Overflow.Ellipsis };

    private static Text Head(TopModel model, TopView view, string address, string? trouble, int width)
    {
        var text = trouble is not null ? $"athena  {trouble}; trying again"
            : string.Create(CultureInfo.InvariantCulture, $"athena  {address}  revision {model.Revision}  {model.Rate:0.#} decisions/s{(view.IsPaused ? "  PAUSED" : "")}");
        return Line(text.Length > width ? text[..width] : text, trouble is not null ? Tone.Bad : Tone.Plain);
    }

    private static Text Foot(TopView view, int servers, int width)
    {
        var text = view.IsTyping ? $"/{view.Filter}_"
            : string.Create(CultureInfo.InvariantCulture, $"{servers} servers{(view.Farm is null ? "" : $" of {view.Farm}")}{(view.Filter.Length > 0 ? $" with '{view.Filter}'" : "")}   ? keys   q quit");
        return Line(text.Length > width ? text[..width] : text, Tone.Faint);
    }

    private static Table FarmTable(IReadOnlyList<FarmRow> farms, TopView view, int width, int shown)
    {
        var table = NewTable(width, [("FARM", false), ("STATE", false), ("AVAIL", true), .. width >= ForLoad ? [("POLICY", false)] : Array.Empty<(string, bool)>(), .. width >= ForInFlight ? [("IN FLIGHT", true)] : Array.Empty<(string, bool)>(), ("/s", true)]);
        // The farm looked at stays in sight.
        var at = Math.Clamp(farms.ToList().FindIndex(f => f.Name.Equals(view.Farm, StringComparison.OrdinalIgnoreCase)) - shown + 1, 0, Math.Max(0, farms.Count - shown));
        foreach (var farm in farms.Skip(at).Take(shown))
        {
            var name = farm.Name.Equals(view.Farm, StringComparison.OrdinalIgnoreCase) ? $"> {farm.Name}" : farm.Name;
            List<IRenderable> cells = [Line(name, Tone.Plain), Line(farm.State, farm.Tone), Line($"{farm.Available}/{farm.Members}", farm.Available < farm.Members ? Tone.Warning : Tone.Plain)];
            if (width >= ForLoad)
            {
                cells.Add(Line(farm.Policy, Tone.Plain));
            }
            if (width >= ForInFlight)
            {
                cells.Add(Line(Number(farm.InFlight), Tone.Plain));
            }
            cells.Add(Line(Number(farm.Rate), Tone.Plain));
            table.AddRow(cells);
        }
        return table;
    }

    private static Table ServerTable(IReadOnlyList<ServerRow> servers, TopView view, int width)
    {
        var spark = Math.Clamp((width - ForSparkline) / 2, 8, 30);
        var columns = new List<(string, bool)> { (Sorted("SERVER", TopSort.Name, view), false), (Sorted("STATE", TopSort.State, view), false) };
        void Add(int from, string head, bool right)
        {
            if (width >= from)
            {
                columns.Add((head, right));
            }
        }
        Add(ForLoad, Sorted("LOAD", TopSort.Load, view), true);
        Add(ForInFlight, Sorted("IN FLIGHT", TopSort.InFlight, view), true);
        Add(0, Sorted("/s", TopSort.Rate, view), true);
        Add(ForSparkline, "", false);
        Add(ForCauses, "CAUSES", false);
        var table = NewTable(width, columns);
        foreach (var server in servers)
        {
            (int From, string Text, Tone Tone)[] cells =
            [
                (0, server.Name, Tone.Plain), (0, server.State, server.Tone), (ForLoad, server.Load is { } load ? Number(load) : "-", Tone.Plain), (ForInFlight, Number(server.InFlight), Tone.Plain),
                (0, Number(server.Rate), Tone.Plain), (ForSparkline, Sparkline.Of(server.History, spark), Tone.Good), (ForCauses, server.Causes, server.Tone),
            ];
            table.AddRow(cells.Where(c => width >= c.From).Select(c => Line(c.Text, c.Tone)));
        }
        return table;
    }

    private static Table NewTable(int width, IReadOnlyList<(string Head, bool Right)> columns)
    {
        var table = new Table { Border = TableBorder.None, Width = width };
        foreach (var (head, right) in columns)
        {
            var column = new TableColumn(new Text(head, new Style(decoration: Decoration.Bold | Decoration.Underline))) { NoWrap = true, Padding = new Padding(0, 0, 1, 0) };
            table.AddColumn(right ? column.RightAligned() : column);
        }
        return table;
    }

    private static string Sorted(string head, TopSort sort, TopView view) => view.Sort == sort ? head + (view.Descending ? "▼" : "▲") : head;

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture);
}
