using System.Text;

namespace Athena.Gateway.Forwarding;

/// <summary>Bytes of a request's head, one buffer for all requests of a connection.</summary>
internal sealed class HeadWriter
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(1024);
    private int _length;

    /// <summary>What was written since it was cleared.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Clear() => _length = 0;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Characters up to 255, a byte each: as they came in.</summary>
    public void Add(ReadOnlySpan<char> text) => _length += Encoding.Latin1.GetBytes(text, Room(text.Length));

    /// <summary>A field.</summary>
    /// <exception cref="InvalidDataException">Its value would end the line: nothing that comes in here has such a value.</exception>
    public void AddField(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        if (value.ContainsAny('\r', '\n', '\0'))
        {
            throw new InvalidDataException("a field of the request has a line end in its value");
        }
        Add(name);
        Add(": "u8);
        Add(value);
        Add("\r\n"u8);
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }
        return _bytes.AsSpan(_length);
    }
}
