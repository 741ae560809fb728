using Athena.Cli.Apply;
using Athena.V1;
using CsCheck;

namespace Athena.Cli.Tests;

public sealed class FleetDocumentTests
{
    private static readonly Gen<string> Name = Gen.String[Gen.Char.AlphaNumeric, 1, 20];

    [Fact]
    public void What_is_printed_reads_back()
    {
        var server = Gen.Select(Name, Gen.Dictionary(Name, Gen.String)[0, 3], Gen.UInt, (name, labels, most) => new Server { Name = name, Address = "http://127.0.0.1:1", Labels = { labels }, MaxInFlight = most });
        var farm = Gen.Select(Name, Gen.Select(Name, Gen.UInt).Array[0, 5], Gen.Double[0, 1], (name, members, panic) => new Farm { Name = name, PanicThreshold = panic, Members = { members.Select(m => new Member { Server = m.Item1, Weight = m.Item2 }) } });
        Gen.Select(server, farm).Sample((s, f) =>
        {
            var read = FleetDocument.Parse(FleetDocument.Of([s], [f]).Print(), "test");
            return s.Equals(read.Servers.Single()) && f.Equals(read.Farms.Single());
        });
    }

    [Fact]
    public void What_only_the_service_can_say_is_left_out()
    {
        var read = FleetDocument.Parse("""{ "servers": [{ "name": "a", "inFlight": "7", "chosen": "9", "origin": "ORIGIN_CREATED", "status": { "available": true } }], "revision": "5", "nextPageToken": "" }""", "test");
        Assert.Equal(new Server { Name = "a" }, Assert.Single(read.Servers));
        Assert.Equal((true, false), (read.ListsServers, read.ListsFarms));
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("[]", "not a fleet")]
    [InlineData("""{ "server": [] }""", "'server' is neither servers nor farms")]
    [InlineData("""{ "Athena": {} }""", "a configuration")]
    [InlineData("""{ "servers": {} }""", "servers must be a list")]
    [InlineData("""{ "farms": [{ "name": "a" }, { "nme": "b" }] }""", "farms[1]: Unknown field: nme")]
    [InlineData("""{ "farms": [null] }""", "farms[0]: ")]
    [InlineData("""{ "farms": [{ "name": "a" }, { "name": "A" }] }""", "'A' is twice among the farms")]
    [InlineData("""{ "servers": [{}] }""", "one of the servers has no name")]
    public void What_is_wrong_is_told_with_its_place(string text, string expected)
    {
        var fault = Assert.Throws<CommandFault>(() => FleetDocument.Parse(text, "fleet.json"));
        Assert.StartsWith($"fleet.json: {expected}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_does_worse_than_a_fault() => Gen.OneOf(Gen.String, Gen.String.Select(s => $$"""{ "servers": [{{s}}] }""")).Sample(text =>
    {
        try
        {
            FleetDocument.Parse(text, "test");
        }
        catch (CommandFault)
        {
            // As it should be.
        }
    });
}
