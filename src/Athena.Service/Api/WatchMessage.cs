using System.Text;
using Google.Protobuf;

namespace Athena.Service.Api;

/// <summary>A message on its way to any number of watchers; what is costly about it is worked out once.</summary>
/// <param name="message">The message; nobody changes it any more.</param>
/// <param name="revision">The revision it belongs to.</param>
/// <param name="name">What kind of event it is.</param>
internal sealed class WatchMessage(IMessage message, long revision, string name)
{
    private byte[]? _json;
    private int _size = -1;

    public IMessage Message => message;

    public long Revision => revision;

    public string Name => name;

    /// <summary>Its size on gRPC, in bytes.</summary>
    public int Size => _size >= 0 ? _size : _size = message.CalculateSize();

    /// <summary>As JSON on one line, without the end of the line.</summary>
    public byte[] Json => _json ??= Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(message));
}
