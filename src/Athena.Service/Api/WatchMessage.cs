using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Athena.Service.Api;

/// <summary>A message on its way to any number of watchers; what is costly about it is worked out once.</summary>
/// <param name="message">The message; nobody changes it any more.</param>
/// <param name="revision">The revision it belongs to.</param>
/// <param name="name">What kind of event it is.</param>
internal sealed class WatchMessage(IMessage message, long revision, string name)
{
    private byte[]? _line;
    private byte[]? _event;
    private byte[]? _lastEvent;
    private int _size = -1;

    public IMessage Message => message;

    public long Revision => revision;

    /// <summary>Its size on gRPC, in bytes.</summary>
    public int Size => _size >= 0 ? _size : _size = message.CalculateSize();

    /// <summary>As a line of JSON.</summary>
    public ReadOnlyMemory<byte> Line => _line ??= [.. Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(message)), (byte)'\n'];

    /// <summary>As a server-sent event. It has an id when it ends a revision: from there a reader can resume and miss nothing.</summary>
    public ReadOnlyMemory<byte> Event(bool endsRevision) => endsRevision
        ? _lastEvent ??= MakeEvent(string.Create(CultureInfo.InvariantCulture, $"id: {revision}\n\n"))
        : _event ??= MakeEvent("\n");

    private byte[] MakeEvent(string end) => [.. Encoding.ASCII.GetBytes($"event: {name}\ndata: "), .. Line.Span, .. Encoding.ASCII.GetBytes(end)];
}
