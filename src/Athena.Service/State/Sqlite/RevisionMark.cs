using System.Buffers.Binary;
using System.IO.Hashing;

namespace Athena.Service.State.Sqlite;

/// <summary>
/// A small file beside the database: which database it was, and the last revision that was answered. It tells what no database can tell of itself: that
/// it, or its write-ahead log, was lost, emptied, exchanged or put back to an older time. While the process has it open, no other can.
/// </summary>
/// <remarks>
/// Written in place after every commit, before the answer, without waiting for the disk: the page cache outlives the process, and after a loss of power
/// a mark that is older than the database says nothing wrong. 40 bytes: 8 of magic, 16 of the database's id, 8 of revision, 8 of XxHash64 over these.
/// </remarks>
internal sealed class RevisionMark : IDisposable
{
    private const int Size = 40;
    private static ReadOnlySpan<byte> Magic => "ATHMARK1"u8;

    private readonly FileStream _file;

    private RevisionMark(FileStream file) => _file = file;

    /// <summary>The database's id; empty: the mark is new.</summary>
    public Guid Database { get; private set; }

    /// <summary>The last revision answered.</summary>
    public long Revision { get; private set; }

    /// <summary>Whether the file was there and is none.</summary>
    public bool IsDamaged { get; private set; }

    /// <exception cref="IOException">Another process has it, or it cannot be opened.</exception>
    public static RevisionMark Open(string path)
    {
        var mark = new RevisionMark(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        Span<byte> bytes = stackalloc byte[Size];
        var length = mark._file.ReadAtLeast(bytes, Size, throwOnEndOfStream: false);
        if (length == Size && mark._file.Length == Size && bytes.StartsWith(Magic) && BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]) == XxHash64.HashToUInt64(bytes[..32]))
        {
            (mark.Database, mark.Revision) = (new Guid(bytes[8..24]), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]));
        }
        else
        {
            mark.IsDamaged = mark._file.Length > 0;
        }
        return mark;
    }

    /// <summary>Writes it; the first time also to the disk.</summary>
    public void Write(Guid database, long revision)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Magic.CopyTo(bytes);
        database.TryWriteBytes(bytes[8..24]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], revision);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], XxHash64.HashToUInt64(bytes[..32]));
        RandomAccess.Write(_file.SafeFileHandle, bytes, 0);
        if (Database != database || IsDamaged)
        {
            _file.SetLength(Size);
            _file.Flush(flushToDisk: true);
        }
        (Database, Revision, IsDamaged) = (database, revision, false);
    }

    public void Dispose() => _file.Dispose();
}
