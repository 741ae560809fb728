namespace Athena.Service.Api;

/// <summary>What a reader gets of a step, in order.</summary>
/// <param name="messages">The messages.</param>
/// <param name="isShared">Whether many readers get the same: their text is then put together once for all.</param>
internal sealed class WatchMessages(IEnumerable<WatchMessage> messages, bool isShared = false)
{
    private byte[]? _lines;
    private byte[]? _events;

    public IEnumerable<WatchMessage> All { get; } = isShared ? [.. messages] : messages;

    /// <summary>Them as lines of JSON.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Lines => isShared ? [_lines ??= Join(EachLine())] : EachLine();

    /// <summary>Them as server-sent events.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Events => isShared ? [_events ??= Join(EachEvent())] : EachEvent();

    private static byte[] Join(IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        var all = parts.ToArray();
        var text = new byte[all.Sum(p => p.Length)];
        var free = text.AsMemory();
        foreach (var part in all)
        {
            part.CopyTo(free);
            free = free[part.Length..];
        }
        return text;
    }

    private IEnumerable<ReadOnlyMemory<byte>> EachLine() => All.Select(m => m.Line);

    private IEnumerable<ReadOnlyMemory<byte>> EachEvent()
    {
        WatchMessage? ready = null;
        foreach (var message in All)
        {
            if (ready is not null)
            {
                yield return ready.Event(ready.Revision != message.Revision);
            }
            ready = message;
        }
        if (ready is not null)
        {
            yield return ready.Event(endsRevision: true);
        }
    }
}
