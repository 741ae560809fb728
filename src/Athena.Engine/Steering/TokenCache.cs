using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Athena.Engine.Steering;

/// <summary>Tokens whose signature was found good, by their whole text: bounded, without lock, nothing allocated to look one up.</summary>
/// <remarks>
/// Places are found by a hash with a secret seed, in sets of four, so that nobody can aim at one. Only good tokens come in: forged ones neither push
/// others out nor cost memory. The texts are compared, in no constant time, only where all 64 bits of that hash agree: no guess gets so far. At most 16,384 tokens of up to 1,024 characters; longer ones are verified each time.
/// </remarks>
internal sealed class TokenCache
{
    /// <summary>Longest token that is kept, in characters.</summary>
    public const int MaxLength = 1024;

    /// <summary>Most tokens that are kept.</summary>
    public const int Capacity = Sets * Ways;

    private const int Sets = 4096;
    private const int Ways = 4;

    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
    private Entry?[]? _entries; // Made with the first token that is kept.

    /// <summary>How many are kept.</summary>
    public int Count => _entries?.Count(e => e is not null) ?? 0;

    public SteeringClaims? Find(string token)
    {
        if (token.Length > MaxLength || Volatile.Read(ref _entries) is not { } entries)
        {
            return null;
        }
        var hash = Hash(token);
        foreach (ref var place in Set(entries, hash))
        {
            if (Volatile.Read(ref place) is { } entry && entry.Hash == hash && entry.Token == token)
            {
                return entry.Claims;
            }
        }
        return null;
    }

    /// <summary>Keeps a token: in a free place of its set, in that of one whose time is over, or in any.</summary>
    public void Add(string token, SteeringClaims claims, DateTimeOffset now)
    {
        if (token.Length > MaxLength)
        {
            return;
        }
        var entries = Volatile.Read(ref _entries) ?? Interlocked.CompareExchange(ref _entries, new Entry?[Capacity], null) ?? _entries!;
        var hash = Hash(token);
        var set = Set(entries, hash);
        var way = Random.Shared.Next(Ways);
        for (var i = 0; i < Ways; i++)
        {
            if (Volatile.Read(ref set[i]) is not { } entry || entry.Claims.Expires < now)
            {
                way = i;
                break;
            }
        }
        Volatile.Write(ref set[way], new Entry(hash, token, claims));
    }

    private static Span<Entry?> Set(Entry?[] entries, ulong hash) => entries.AsSpan((int)(hash % Sets) * Ways, Ways);

    private ulong Hash(string token) => XxHash3.HashToUInt64(Bytes(token), _seed);

    private static ReadOnlySpan<byte> Bytes(string token) => MemoryMarshal.AsBytes(token.AsSpan());

    private sealed record Entry(ulong Hash, string Token, SteeringClaims Claims);
}
