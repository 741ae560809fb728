using System.Text;
using Athena.Service.Api;
using Athena.V1;

namespace Athena.Service.Tests.Api;

public sealed class WatchMessagesTests
{
    [Fact]
    public void An_event_has_an_id_when_it_ends_its_revision()
    {
        var events = Texts(new WatchMessages([Bookmark(1), Bookmark(1), Bookmark(2)]).Events);
        Assert.Equal(3, events.Length);
        Assert.Equal("event: bookmark\ndata: { \"bookmark\": { \"revision\": \"1\" } }\n\n", events[0]);
        Assert.Equal("event: bookmark\ndata: { \"bookmark\": { \"revision\": \"1\" } }\nid: 1\n\n", events[1]);
        Assert.EndsWith("id: 2\n\n", events[2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_shared_is_the_same_in_one_piece_made_once()
    {
        WatchMessage[] messages = [Bookmark(1), Bookmark(1), Bookmark(2)];
        var (single, shared) = (new WatchMessages(messages), new WatchMessages(messages, isShared: true));
        Assert.Equal(string.Concat(Texts(single.Lines)), Assert.Single(Texts(shared.Lines)));
        Assert.Equal(string.Concat(Texts(single.Events)), Assert.Single(Texts(shared.Events)));
        Assert.True(shared.Lines.Single().Equals(shared.Lines.Single()));
    }

    private static WatchMessage Bookmark(long revision) => new(new WatchHealthResponse { Bookmark = new() { Revision = revision } }, revision, "bookmark");

    private static string[] Texts(IEnumerable<ReadOnlyMemory<byte>> texts) => [.. texts.Select(t => Encoding.UTF8.GetString(t.Span))];
}
