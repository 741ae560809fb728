namespace Athena.Gateway.Edge.Http1;

/// <summary>What the fields of one request say about where its body ends, and which of them end here.</summary>
internal struct Framing
{
    public bool IsHttp10;

    /// <summary>Headers that `Connection` names; null: none.</summary>
    public List<string>? Nominated;

    /// <summary>The length given; null: none.</summary>
    public long? ContentLength { get; private set; }

    public bool IsChunked { get; private set; }

    /// <summary>Whether the request as a whole says one thing.</summary>
    public readonly bool IsConsistent => !IsChunked || (ContentLength is null && !IsHttp10);

    public static bool IsFraming(ReadOnlySpan<byte> name) => IsContentLength(name) || IsTransferEncoding(name);

    /// <summary>Takes in a field; false when it says where the body ends and stands there twice or in any but its one spelling, or names what it must not.</summary>
    public bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (IsContentLength(name))
        {
            var first = ContentLength is null;
            var good = HeadSyntax.IsLength(value, out var length);
            ContentLength = length;
            return first && good;
        }
        if (IsTransferEncoding(name))
        {
            var first = !IsChunked;
            IsChunked = true;
            return first && System.Text.Ascii.EqualsIgnoreCase(value, "chunked"u8);
        }
        return !System.Text.Ascii.EqualsIgnoreCase(name, "connection"u8) || ConnectionOptions.Read(value, ref Nominated);
    }

    private static bool IsContentLength(ReadOnlySpan<byte> name) => System.Text.Ascii.EqualsIgnoreCase(name, "content-length"u8);

    private static bool IsTransferEncoding(ReadOnlySpan<byte> name) => System.Text.Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8);
}
