using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Athena.Engine.Farms;
using Athena.Engine.Statistics;

namespace Athena.Service.Health;

/// <summary>What servers reported to one replica, for the others: numbers with their age when it was written, for clocks differ.</summary>
/// <param name="Format">Of what follows; 1.</param>
/// <param name="Servers">By name.</param>
internal sealed record StatisticsDigest(int Format, Dictionary<string, ServerDigest> Servers)
{
    /// <summary>Most servers in one piece, so that it stays far below 1 MB.</summary>
    public const int MaxServers = 2000;

    /// <summary>Most bytes that a piece is unpacked to.</summary>
    public const int MaxBytes = 64 << 20;

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, NumberHandling = JsonNumberHandling.Strict };

    /// <summary>What was reported to this service itself after a time.</summary>
    /// <returns>In pieces; none: nothing was.</returns>
    public static List<byte[]> Write(Snapshot snapshot, long after, TimeProvider time)
    {
        var now = time.GetTimestamp();
        long Age(long at) => (long)time.GetElapsedTime(at, now).TotalMilliseconds;
        var reported = snapshot.Servers.Where(s => s.Cells.Statistics.LastOwnReport > after).Select(s => KeyValuePair.Create(s.Name, new ServerDigest(
            Age(s.Cells.Statistics.LastOwnReport!.Value),
            s.Cells.Statistics.Reported.Where(c => !c.Value.IsMerged && c.Value.ReportedAt > after).ToDictionary(c => c.Key, c => new[] { c.Value.Value, Age(c.Value.ReportedAt) }))));
        return [.. reported.Chunk(MaxServers).Select(servers => Pack(new StatisticsDigest(1, new(servers))))];
    }

    /// <exception cref="JsonException">It is none.</exception>
    /// <exception cref="InvalidDataException">It is not packed as it should be.</exception>
    public static StatisticsDigest Read(byte[] piece)
    {
        using var unpacked = new BrotliStream(new MemoryStream(piece), CompressionMode.Decompress);
        var buffer = new MemoryStream();
        var part = new byte[64 << 10];
        while (unpacked.Read(part) is > 0 and var read)
        {
            buffer.Write(part, 0, read);
            if (buffer.Length > MaxBytes)
            {
                throw new InvalidDataException("the piece is too large");
            }
        }
        var digest = JsonSerializer.Deserialize<StatisticsDigest>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), Options);
        return digest is { Format: 1 } && !digest.Servers.ContainsValue(null!) ? digest : throw new JsonException("no digest of format 1");
    }

    private static byte[] Pack(StatisticsDigest digest)
    {
        var packed = new MemoryStream();
        using (var stream = new BrotliStream(packed, CompressionLevel.Fastest))
        {
            JsonSerializer.Serialize(stream, digest, Options);
        }
        return packed.ToArray();
    }
}

/// <summary>What one server reported.</summary>
/// <param name="Age">Milliseconds since its last report.</param>
/// <param name="Stats">Each number and its age in milliseconds.</param>
internal sealed record ServerDigest(long Age, Dictionary<string, double[]> Stats);
