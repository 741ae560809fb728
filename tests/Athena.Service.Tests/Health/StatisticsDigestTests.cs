using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Athena.Engine.Farms;
using Athena.Service.Health;
using CsCheck;

namespace Athena.Service.Tests.Health;

/// <summary>What replicas tell one another of statistics: it arrives as it was told, in any order, and nothing that is not so gets in.</summary>
public sealed class StatisticsDigestTests
{
    private static readonly string[] Servers = ["a", "b", "c"];
    private const string Characters = "0123456789{}[]\",:nul e-.\\";
    private static readonly string[] Names = ["cpu", "queue"];

    [Fact]
    public async Task What_one_replica_was_told_another_knows_with_its_age()
    {
        using var one = await RigAsync();
        using var two = await RigAsync();
        one.Server("a").Cells.Statistics.Report([new("cpu", 0.25), new("queue", 7)], one.Time.GetTimestamp());
        one.Time.Advance(TimeSpan.FromSeconds(3));
        one.Server("b").Cells.Statistics.Report([], one.Time.GetTimestamp());
        one.Time.Advance(TimeSpan.FromSeconds(2));
        var digest = StatisticsDigest.Read(Assert.Single(StatisticsDigest.Write(one.Snapshot, long.MinValue, one.Time)));
        Assert.Equal([5000, 2000], Servers.Take(2).Select(s => digest.Servers[s].Age));
        Assert.Equal([0.25, 5000], digest.Servers["a"].Stats["cpu"]);
        Assert.Empty(digest.Servers["b"].Stats);

        Merge(two, digest);
        Assert.Equal("cpu=0.25@5 queue=7@5", Known(two, "a"));
        // What was told is not told on, or it would go round for ever.
        Assert.Empty(StatisticsDigest.Write(two.Snapshot, long.MinValue, two.Time));
        // What was told before is left out.
        Assert.Empty(StatisticsDigest.Write(one.Snapshot, one.Time.GetTimestamp(), one.Time));
    }

    [Fact]
    public async Task Many_servers_come_in_pieces_far_below_a_megabyte()
    {
        var names = string.Join(' ', Enumerable.Range(0, 4500).Select(i => FormattableString.Invariant($"s{i}")));
        using var rig = await HealthRig.StartAsync(HealthRig.Members(names));
        foreach (var (server, i) in rig.Snapshot.Servers.Select((s, i) => (s, i)))
        {
            server.Cells.Statistics.Report([.. Enumerable.Range(0, 8).Select(n => KeyValuePair.Create(FormattableString.Invariant($"number_{n}"), (i * 7.13) + n))], rig.Time.GetTimestamp());
        }
        var pieces = StatisticsDigest.Write(rig.Snapshot, long.MinValue, rig.Time);
        Assert.Equal(3, pieces.Count);
        Assert.All(pieces, p => Assert.InRange(p.Length, 1000, 500_000));
        Assert.Equal(4500, pieces.SelectMany(p => StatisticsDigest.Read(p).Servers.Keys).Distinct().Count());
    }

    /// <summary>Digests of several replicas, each read any number of times and in any order: what is known in the end is the newest of each number.</summary>
    [Fact]
    public async Task In_whatever_order_digests_come_the_newest_of_each_number_is_known()
    {
        using var rig = await RigAsync();
        // Each number at a time of its own, so that there is one that is newest.
        var report = Gen.Select(Gen.Int[0, Servers.Length - 1].Select(i => Servers[i]), Gen.Int[0, Names.Length - 1].Select(i => Names[i]), Gen.Int[0, 1000]);
        Gen.Select(report.Array[1, 12], Gen.Int[0, int.MaxValue]).Sample((reports, seed) =>
        {
            var random = new Random(seed);
            var ages = Enumerable.Range(1, 100).ToArray();
            random.Shuffle(ages);
            var told = reports.Select((r, i) => (Server: r.Item1, Name: r.Item2, Value: (double)r.Item3, Age: ages[i])).ToArray();
            using var one = RigAsync().GetAwaiter().GetResult();
            var digests = told.Select(t => new StatisticsDigest(1, new() { [t.Server] = new ServerDigest(t.Age * 1000, new() { [t.Name] = [t.Value, t.Age * 1000] }) })).ToList();
            digests.AddRange(digests.Where(_ => random.Next(2) == 0).ToArray());
            foreach (var digest in digests.OrderBy(_ => random.Next()))
            {
                Merge(one, digest);
            }
            foreach (var server in Servers)
            {
                var newest = told.Where(t => t.Server == server).GroupBy(t => t.Name).Select(g => g.MinBy(t => t.Age)).OrderBy(t => t.Name, StringComparer.Ordinal);
                Assert.Equal(string.Join(' ', newest.Select(t => FormattableString.Invariant($"{t.Name}={t.Value}@{t.Age}"))), Known(one, server));
            }
        }, iter: 300);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":2,\"servers\":{}}")]
    [InlineData("{\"format\":1,\"servers\":null}")]
    [InlineData("{\"format\":1,\"servers\":{\"a\":null}}")]
    [InlineData("{\"format\":1,\"servers\":{\"a\":{}}}")]
    [InlineData("{\"format\":1,\"servers\":{\"a\":{\"age\":1}}}")]
    [InlineData("{\"format\":1,\"servers\":{\"a\":{\"age\":1,\"stats\":null}}}")]
    [InlineData("{\"format\":1,\"servers\":{\"a\":{\"age\":\"1\",\"stats\":{}}}}")]
    [InlineData("{\"format\":1,\"servers\":{\"a\":{\"age\":1,\"stats\":{\"cpu\":[\"NaN\",1]}}}}")]
    public void What_is_no_digest_is_refused(string json) => Assert.ThrowsAny<JsonException>(() => StatisticsDigest.Read(Packed(json)));

    [Theory]
    [InlineData("{\"cpu\":null}")]
    [InlineData("{\"cpu\":[]}")]
    [InlineData("{\"cpu\":[1]}")]
    [InlineData("{\"cpu\":[1,2,3]}")]
    [InlineData("{\"cpu\":[-1,2]}")]
    [InlineData("{\"cpu\":[1e300,2]}")]
    [InlineData("{\"no name\":[1,2]}")]
    public async Task Numbers_that_no_server_could_report_are_left_out(string stats)
    {
        using var rig = await RigAsync();
        Merge(rig, StatisticsDigest.Read(Packed($"{{\"format\":1,\"servers\":{{\"a\":{{\"age\":1000,\"stats\":{stats}}},\"nobody\":{{\"age\":1,\"stats\":{{}}}}}}}}")));
        Assert.Equal("", Known(rig, "a"));
    }

    [Theory]
    [InlineData("1e300")]
    [InlineData("-5")]
    public async Task An_age_that_cannot_be_is_taken_for_the_nearest_that_can(string age)
    {
        using var rig = await RigAsync();
        Merge(rig, StatisticsDigest.Read(Packed($"{{\"format\":1,\"servers\":{{\"a\":{{\"age\":0,\"stats\":{{\"cpu\":[1,{age}]}}}}}}}}")));
        var at = rig.Server("a").Cells.Statistics.Reported.Single().Value.ReportedAt;
        Assert.True(at <= rig.Time.GetTimestamp());
    }

    [Fact]
    public void A_piece_that_unpacks_to_more_than_it_may_is_refused()
    {
        var bomb = Packed(new string(' ', StatisticsDigest.MaxBytes + 1));
        Assert.InRange(bomb.Length, 1, 100_000);
        Assert.Throws<InvalidDataException>(() => StatisticsDigest.Read(bomb));
    }

    /// <summary>Any bytes, and any piece with some bytes changed or its end cut: it is read or refused, in no other way.</summary>
    [Fact]
    public void Whatever_bytes_come_they_are_read_or_refused()
    {
        var good = Packed("{\"format\":1,\"servers\":{\"a\":{\"age\":1000,\"stats\":{\"cpu\":[0.5,1000],\"queue\":[3,2000]}},\"b\":{\"age\":1,\"stats\":{}}}}");
        Gen.Byte.Array[0, 200].Sample(Read, iter: 5_000);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, length) =>
        {
            var bytes = (byte[])good.Clone();
            bytes[at] = value;
            Read(bytes[..length]);
        }, iter: 5_000);
        // What is inside as well, and not the packing alone.
        var text = Encoding.UTF8.GetBytes("{\"format\":1,\"servers\":{\"a\":{\"age\":1000,\"stats\":{\"cpu\":[0.5,1000]}}}}");
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Int[0, Characters.Length - 1].Select(i => (byte)Characters[i])).Sample((at, value) =>
        {
            var bytes = (byte[])text.Clone();
            bytes[at] = value;
            Read(Packed(Encoding.UTF8.GetString(bytes)));
        }, iter: 2_000);

        static void Read(byte[] bytes)
        {
            try
            {
                Assert.All(StatisticsDigest.Read(bytes).Servers.Values, s => Assert.NotNull(s.Stats));
            }
            catch (Exception e) when (StatisticsSharing.IsUnreadable(e))
            {
                // Left out, and said in the log.
            }
        }
    }

    private static Task<HealthRig> RigAsync() => HealthRig.StartAsync(HealthRig.Members("a b c"));

    private static void Merge(HealthRig rig, StatisticsDigest digest) => StatisticsSharing.Merge(rig.Snapshot, digest, rig.Time);

    private static string Known(HealthRig rig, string server) => string.Join(' ', rig.Server(server).Cells.Statistics.Reported.OrderBy(c => c.Key, StringComparer.Ordinal)
        .Select(c => FormattableString.Invariant($"{c.Key}={c.Value.Value}@{rig.Time.GetElapsedTime(c.Value.ReportedAt).TotalSeconds}")));

    private static byte[] Packed(string json)
    {
        var packed = new MemoryStream();
        using (var stream = new BrotliStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(Encoding.UTF8.GetBytes(json));
        }
        return packed.ToArray();
    }
}
