using System.Globalization;
using Athena.Cli.Output;

namespace Athena.Cli.Top;

/// <summary>Draws a model as a view wants it, within a width and height. What does not fit is left out, the least telling columns first.</summary>
internal static class TopScreen
{
    private const int Narrowest = 24;
    private const int SparklineWidth = 30;
    private static readonly string[] Help =
    [
        "n s l f r  sort by name, state, load, in flight, rate; again: turn around",
        "/ filter   Esc all   Tab farm by farm   arrows scroll   space pause   q quit",
    ];

    /// <summary>Servers that fit below the farms.</summary>
    public static int Page(int farms, int height, bool help) => Math.Max(1, height - 4 - FarmsShown(farms, height) - (help ? Help.Length : 0));

    /// <returns>Lines of the screen, each at most as wide as it.</returns>
    public static IReadOnlyList<IReadOnlyList<Span>> Draw(TopModel model, TopView view, string address, string? trouble, int width, int height)
    {
        if (width < Narrowest)
        {
            return [[new Span("too narrow"[..Math.Min(10, width)])]];
        }
        var (farms, servers) = (model.Farms(), model.Servers(view));
        var page = Page(farms.Count, height, view.ShowsHelp);
        List<IReadOnlyList<Span>> lines =
        [
            [Head(model, view, address, trouble, width)],
            .. Farms(farms, view, width, FarmsShown(farms.Count, height)),
            .. Servers([.. servers.Skip(view.Scroll).Take(page)], view, width),
        ];
        if (view.ShowsHelp)
        {
            lines.AddRange(Help.Select(l => (IReadOnlyList<Span>)[new Span(Cut(l, width), Tone.Faint)]));
        }
        lines.Add([new Span(Cut(Foot(view, servers.Count, page), width), Tone.Faint)]);
        return [.. lines.Take(height)];
    }

    private static int FarmsShown(int farms, int height) => Math.Clamp(farms, 1, Math.Max(1, (height - 6) / 3));

    private static Span Head(TopModel model, TopView view, string address, string? trouble, int width) => trouble is not null
        ? new Span(Cut(Terminal.Clean($"athena  {trouble}; trying again"), width), Tone.Bad)
        : new Span(Cut(Terminal.Clean(string.Create(CultureInfo.InvariantCulture, $"athena  {address}  revision {model.Revision}  {model.Rate:0.#} decisions/s{(view.IsPaused ? "  PAUSED" : "")}")), width));

    private static string Foot(TopView view, int servers, int page)
    {
        if (view.IsTyping)
        {
            return $"/{Terminal.Clean(view.Filter)}_";
        }
        var range = servers > page ? string.Create(CultureInfo.InvariantCulture, $"{view.Scroll + 1}-{Math.Min(servers, view.Scroll + page)} of ") : "";
        return Terminal.Clean(string.Create(CultureInfo.InvariantCulture, $"{range}{servers} servers{(view.Farm is null ? "" : $" of {view.Farm}")}{(view.Filter.Length > 0 ? $" with '{view.Filter}'" : "")}   ? keys   q quit"));
    }

    private static IReadOnlyList<Span[]> Farms(IReadOnlyList<FarmRow> farms, TopView view, int width, int shown)
    {
        TopColumn[] columns =
        [
            new(farms.Count > shown ? string.Create(CultureInfo.InvariantCulture, $"FARM ({shown} of {farms.Count})") : "FARM", Least: 12),
            new("STATE", Floor: 9),
            new("AVAIL", IsRight: true),
            new("POLICY", Least: 8, Rank: 2, Floor: 12),
            new("IN FLIGHT", IsRight: true, Rank: 1),
            new("/s", IsRight: true, Floor: 7),
        ];
        // The farm looked at stays in sight.
        var at = Math.Clamp(farms.ToList().FindIndex(f => IsLookedAt(f, view)) - shown + 1, 0, Math.Max(0, farms.Count - shown));
        return TopTable.Lines(columns, [.. farms.Skip(at).Take(shown).Select(f => new Cell[]
        {
            IsLookedAt(f, view) ? $"> {f.Name}" : f.Name,
            new(f.State, f.Tone),
            new(string.Create(CultureInfo.InvariantCulture, $"{f.Available}/{f.Members}"), f.Available < f.Members ? Tone.Warning : Tone.Plain),
            f.Policy,
            Number(f.InFlight),
            Number(f.Rate),
        })], width);
    }

    private static bool IsLookedAt(FarmRow farm, TopView view) => farm.Name.Equals(view.Farm, StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<Span[]> Servers(IReadOnlyList<ServerRow> servers, TopView view, int width)
    {
        TopColumn[] columns =
        [
            new(Sorted("SERVER", TopSort.Name, view), Least: 12),
            new(Sorted("STATE", TopSort.State, view), Least: 10, Floor: 10),
            new(Sorted("LOAD", TopSort.Load, view), IsRight: true, Rank: 3, Floor: 6),
            new(Sorted("IN FLIGHT", TopSort.InFlight, view), IsRight: true, Rank: 1, Floor: 10),
            new(Sorted("/s", TopSort.Rate, view), IsRight: true, Floor: 7),
            new("HISTORY", IsRight: true, Least: 8, Rank: 5, Floor: 8),
            new("CAUSES", Least: 12, Rank: 4),
        ];
        return TopTable.Lines(columns, [.. servers.Select(s => new Cell[]
        {
            s.Name,
            new(s.State, s.Tone),
            s.Load is { } load ? Number(load) : "-",
            Number(s.InFlight),
            Number(s.Rate),
            new(Sparkline.Of(s.History, SparklineWidth), Tone.Good),
            new(s.Causes, s.Tone),
        })], width);
    }

    private static string Sorted(string head, TopSort sort, TopView view) => view.Sort == sort ? head + (view.Descending ? "▼" : "▲") : head;

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture);

    private static string Cut(string text, int width) => text.Length <= width ? text : $"{text[..(width - 1)]}…";
}
