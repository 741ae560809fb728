using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;

namespace Athena.Service.State.Etcd;

/// <summary>What the key `state/version` says of the last transaction: every transaction compares it and writes it anew.</summary>
/// <param name="Format">Of all values; 1.</param>
/// <param name="Commit">Made up for this transaction: tells it from every other one, also in another history of the same revisions.</param>
/// <param name="Base">What is added to etcd's revision, so that ours do not go back when an older snapshot of etcd is restored.</param>
/// <param name="Writer">The replica that made it.</param>
internal sealed record VersionStamp(int Format, Guid Commit, long Base, string Writer)
{
    public const int Present = 1;

    /// <summary>The lowest bits of a revision count what a replica observes by itself.</summary>
    public const int LocalBits = 20;

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    public ByteString ToBytes() => ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(this, Options));

    /// <exception cref="StoreDamagedException">It is none of ours.</exception>
    public static VersionStamp Read(ByteString value)
    {
        try
        {
            var stamp = JsonSerializer.Deserialize<VersionStamp>(value.Span, Options) ?? throw new JsonException("null");
            return stamp.Format == Present ? stamp : throw new StoreDamagedException($"the entries in etcd have format {stamp.Format}; this program knows {Present}");
        }
        catch (JsonException e)
        {
            throw new StoreDamagedException($"the key of the version in etcd cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>A transaction's place in etcd's history.</summary>
internal sealed record EtcdVersion(long Modified, ByteString Value, VersionStamp Stamp)
{
    /// <summary>The revision that the service gives it.</summary>
    public long Revision => (Stamp.Base + Modified) << VersionStamp.LocalBits;

    public static EtcdVersion Of(long modified, ByteString value) => new(modified, value, VersionStamp.Read(value));

    public bool IsSame(EtcdVersion other) => Modified == other.Modified && Value == other.Value;
}
