using System.Net.Http.Headers;
using Athena.Client.Statistics;
using Athena.V1;

namespace Athena.Gateway.Resolution.Headers;

/// <summary>The load that a server reports with its answer, in header or trailer.</summary>
internal static class LoadHeaders
{
    /// <summary>Whether it reports any.</summary>
    /// <param name="headers">Headers or trailers of the answer.</param>
    /// <param name="load">The report; null when there is none, or it has a fault. Of two in one place neither is believed.</param>
    public static bool Has(HttpResponseHeaders headers, out LoadReport? load)
    {
        load = null;
        if (headers.NonValidated.TryGetValues(LoadReportReader.BinaryName, out var bytes))
        {
            _ = bytes.Count == 1 && LoadReportReader.TryReadBinary(bytes.ToString(), out load);
            return true;
        }
        if (headers.NonValidated.TryGetValues(LoadReportReader.TextName, out var text))
        {
            _ = text.Count == 1 && LoadReportReader.TryReadText(text.ToString(), out load);
            return true;
        }
        return false;
    }

    /// <summary>Takes it out of what a visitor gets: it is nobody's business outside.</summary>
    public static void Hide(IHeaderDictionary headers)
    {
        headers.Remove(LoadReportReader.BinaryName);
        headers.Remove(LoadReportReader.TextName);
    }
}
