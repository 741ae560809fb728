using System.Text;
using Athena.Engine.Farms;

namespace Athena.Service.Health.Checks;

/// <summary>GET of a path: the status must be as expected, and the first 64 KiB of the body must have the text, when one is asked for.</summary>
internal sealed class HttpProbe(CheckHandler handler) : ICheckProbe
{
    /// <summary>So much of a body is read.</summary>
    public const int MostRead = 64 << 10;

    public CheckKind Kind => CheckKind.Http;

    public async Task<string?> AskAsync(Uri address, CheckDefinition check, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(CheckHandler.BaseOf(address), check.Path ?? "/"));
        request.Headers.TryAddWithoutValidation("User-Agent", "athena-check");
        using var response = await handler.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        var status = (int)response.StatusCode;
        if (check.ExpectedStatus == 0 ? status is < 200 or > 399 : status != check.ExpectedStatus)
        {
            return FormattableString.Invariant($"status {status}");
        }
        if (check.BodyText is not { } text)
        {
            return null;
        }
        var body = new byte[MostRead];
        using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var read = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
        return body.AsSpan(0, read).IndexOf(Encoding.UTF8.GetBytes(text)) >= 0 ? null : "the body has not the text expected";
    }
}
