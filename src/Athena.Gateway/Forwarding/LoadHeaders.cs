using System.Net.Http.Headers;
using Athena.Client.Statistics;
using Athena.V1;

namespace Athena.Gateway.Forwarding;

/// <summary>The load that a server reports with its answer, in header or trailer.</summary>
internal static class LoadHeaders
{
    private delegate bool Reader(string value, out LoadReport? load);

    /// <summary>Whether it reports any.</summary>
    /// <param name="headers">Headers or trailers of the answer.</param>
    /// <param name="load">The report; null when there is none, or it has a fault. Of two in one place neither is believed.</param>
    public static bool Has(HttpResponseHeaders headers, out LoadReport? load)
    {
        load = null;
        var fields = headers.NonValidated;
        return fields.TryGetValues(LoadReportReader.BinaryName, out var bytes) ? Read(LoadReportReader.TryReadBinary, bytes.Count, bytes.ToString(), out load)
            : fields.TryGetValues(LoadReportReader.TextName, out var text) && Read(LoadReportReader.TryReadText, text.Count, text.ToString(), out load);
    }

    /// <inheritdoc cref="Has(HttpResponseHeaders, out LoadReport?)"/>
    public static bool Has(IHeaderDictionary headers, out LoadReport? load)
    {
        load = null;
        return headers.TryGetValue(LoadReportReader.BinaryName, out var bytes) ? Read(LoadReportReader.TryReadBinary, bytes.Count, bytes.ToString(), out load)
            : headers.TryGetValue(LoadReportReader.TextName, out var text) && Read(LoadReportReader.TryReadText, text.Count, text.ToString(), out load);
    }

    /// <summary>Takes it out of what a visitor gets: it is nobody's business outside.</summary>
    public static void Hide(IHeaderDictionary headers)
    {
        headers.Remove(LoadReportReader.BinaryName);
        headers.Remove(LoadReportReader.TextName);
    }

    private static bool Read(Reader reader, int count, string value, out LoadReport? load)
    {
        load = null;
        _ = count == 1 && reader(value, out load);
        return true;
    }
}
