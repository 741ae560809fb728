using System.Globalization;
using System.Text.RegularExpressions;
using Athena.LoadBench.Bare;
using Athena.LoadBench.Servers;

namespace Athena.LoadBench.Proxying;

/// <summary>A proxy under load, with all that works for it.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Front">The process that visitors reach.</param>
/// <param name="Helper">The process that decides for it; null: it decides by itself.</param>
/// <param name="AllocatedUrl">Where to ask how many bytes it allocated; null: it cannot tell.</param>
internal sealed partial record Proxy(string Name, ServerProcess Front, ServerProcess? Helper = null, string? AllocatedUrl = null)
{
    /// <summary>A header that visitors send; null: none.</summary>
    public string? Header { get; init; }

    public string Url => Front.Url + "/page";

    public TimeSpan ProcessorTime => Front.ProcessorTime + (Helper?.ProcessorTime ?? TimeSpan.Zero);

    /// <summary>Bytes allocated since the start; null: not known.</summary>
    public async Task<double?> AllocatedAsync(HttpClient http)
    {
        if (AllocatedUrl is null)
        {
            return null;
        }
        var text = await http.GetStringAsync(new Uri(AllocatedUrl));
        return double.Parse(AllocatedUrl.EndsWith(BareYarp.AllocatedPath, StringComparison.Ordinal) ? text : Allocated().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^dotnet_gc_heap_total_allocated_bytes_total(?:\{[^}]*\})? ([\d.eE+]+)", RegexOptions.Multiline)]
    private static partial Regex Allocated();
}
