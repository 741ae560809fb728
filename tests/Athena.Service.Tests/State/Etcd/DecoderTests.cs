using System.Text;
using Athena.Engine.Farms;
using Athena.Service.State;
using Athena.Service.State.Etcd;
using CsCheck;
using Google.Protobuf;

namespace Athena.Service.Tests.State.Etcd;

/// <summary>What a store holds is read as it was written or refused as damage; no bytes lead anywhere else.</summary>
public sealed class DecoderTests
{
    private const string Characters = "0123456789{}[]\",:nul e-.\\/abcF\0é";
    private static readonly VersionStamp Stamp = new(VersionStamp.Present, Guid.Parse("6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a"), 12, "replica-1");

    [Fact]
    public void A_stamp_is_read_as_it_was_written() => Assert.Equal(Stamp, VersionStamp.Read(Stamp.ToBytes()));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":2,\"commit\":\"6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a\",\"base\":0,\"writer\":\"x\"}")]
    [InlineData("{\"format\":1,\"commit\":\"6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a\",\"writer\":\"x\"}")]
    [InlineData("{\"format\":1,\"commit\":\"6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a\",\"base\":0,\"writer\":null}")]
    [InlineData("{\"format\":1,\"commit\":\"6f2c8a3e\",\"base\":0,\"writer\":\"x\"}")]
    [InlineData("{\"format\":1,\"commit\":\"6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a\",\"base\":0,\"writer\":\"x\",\"more\":1}")]
    public void What_is_no_stamp_of_this_format_is_damage(string text) => Assert.Throws<StoreDamagedException>(() => VersionStamp.Read(ByteString.CopyFromUtf8(text)));

    [Fact]
    public void Whatever_bytes_a_stamp_has_it_is_read_or_damage()
    {
        var good = Stamp.ToBytes().ToByteArray();
        Gen.Byte.Array[0, 100].Sample(ReadStamp, iter: 5_000);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, length) =>
        {
            var bytes = (byte[])good.Clone();
            bytes[at] = value;
            ReadStamp(bytes[..length]);
        }, iter: 5_000);

        static void ReadStamp(byte[] bytes)
        {
            try
            {
                Assert.NotNull(VersionStamp.Read(ByteString.CopyFrom(bytes)).Writer);
            }
            catch (StoreDamagedException)
            {
                // Refused.
            }
        }
    }

    /// <summary>Entries as they are kept, with a key or a value changed somewhere: what is accepted can be used, and kept again.</summary>
    [Fact]
    public void Whatever_becomes_of_an_entry_it_is_read_or_damage()
    {
        var entries = Entries().ToArray();
        Gen.Select(Gen.Int[0, entries.Length - 1], Gen.Bool, Gen.Int[0, 1000], Gen.Int[0, Characters.Length - 1].Select(i => Characters[i]), Gen.Int[0, 3]).Sample((which, inKey, place, character, kind) =>
        {
            var (key, value) = (entries[which].Key, entries[which].Value!);
            string Changed(string text)
            {
                var at = place % text.Length;
                return kind switch { 0 => text[..at], 1 => text[at..], 2 => text.Insert(at, character.ToString()), _ => text[..at] + character + text[(at + 1)..] };
            }
            (key, value) = inKey ? (Changed(key), value) : (key, Changed(value));
            try
            {
                var read = StoredFleet.Read(new StoreContent(1, 1, new Dictionary<string, string> { [key] = value }));
                foreach (var change in read.Changes)
                {
                    Assert.NotNull(StoredFleet.Change(change).Value);
                    Assert.NotNull(change.Change.Actor);
                    Assert.NotNull(change.After.ToString());
                }
                foreach (var (farm, server) in read.States.Subjects())
                {
                    Assert.StartsWith("states/", StoredFleet.Subject(farm, server, read.States).Key, StringComparison.Ordinal);
                }
                Assert.All(read.Requests, r => Assert.NotNull(StoredFleet.Request(r).Value));
            }
            catch (StoreDamagedException e)
            {
                Assert.Contains(key, e.Message, StringComparison.Ordinal);
            }
        }, iter: 20_000);
    }

    [Fact]
    public void Entries_are_read_as_they_were_written()
    {
        var entries = Entries().ToDictionary(e => e.Key, e => e.Value!);
        var read = StoredFleet.Read(new StoreContent(1, 1, entries));
        Assert.Equal("kept", Assert.Single(read.Changes).Change.Reason);
        Assert.Equal(AdminState.Drain, read.States.Of(null, "a").Admin?.State);
        Assert.Equal("extra", read.RunTime.Find(false, "EXTRA")?.Name);
        Assert.Equal("id-1", Assert.Single(read.Requests).Id);
    }

    private static IEnumerable<KeyChange> Entries()
    {
        var change = new StateChange { Server = "a", Admin = AdminState.Drain, Actor = "ann", Reason = "kept", Until = DateTimeOffset.UnixEpoch };
        var states = FleetStates.Normal.With(change, DateTimeOffset.UnixEpoch).With(new StateChange { Farm = "web", Server = "b", Admin = AdminState.Off, Actor = "bob" }, DateTimeOffset.UnixEpoch);
        yield return StoredFleet.Entity(false, "Extra", RunTimeEntity.Created(new ServerDefinition("extra", "http://127.0.0.1:9000")));
        yield return StoredFleet.Entity(true, "shop", RunTimeEntity.Created(new FarmDefinition("shop")));
        yield return StoredFleet.Subject(null, "a", states);
        yield return StoredFleet.Subject("web", "b", states);
        yield return StoredFleet.Change(new OperatorChange(7, 9, DateTimeOffset.UnixEpoch, change, FleetStates.Normal.Of(null, "a"), states.Of(null, "a"), 0));
        yield return StoredFleet.Request(new MadeRequest("id-1", "print", "extra", 9));
    }
}
