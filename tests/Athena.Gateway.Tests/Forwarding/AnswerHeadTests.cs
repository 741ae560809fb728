using System.Text;
using Athena.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;

namespace Athena.Gateway.Tests.Forwarding;

public sealed class AnswerHeadTests
{
    private static readonly string[] Parts =
    [
        "HTTP/1.1 200 OK\r\n", "HTTP/1.0 404 Not Found\r\n", "HTTP/1.1 103 Early Hints\r\n", "HTTP/1.1 200\r\n", "Content-Length: 3\r\n", "content-length: 03\r\n", "Transfer-Encoding: chunked\r\n", "Connection: x, close\r\n",
        "Set-Cookie: a=1\r\n", "X-A:\r\n", "X-A: b\n", "Server: s\r\n", "\r\n", "\n", "\r", " ", ":", "x", "\0", "HTTP/2 200 OK\r\n", "HTTP/1.1 101 Up\r\n", "\u00ff: \u00e9\r\n",
    ];

    [Fact]
    public void A_head_is_the_same_however_its_bytes_arrive()
    {
        var random = new Random(11);
        for (var run = 0; run < 20_000; run++)
        {
            var bytes = Encoding.Latin1.GetBytes((random.Next(4) > 0 ? Parts[0] : "") + string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => Parts[random.Next(Parts.Length)])));
            var whole = Read(bytes, [bytes.Length]);
            var cuts = Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(bytes.Length + 1)).Append(bytes.Length).Order().ToArray();
            Assert.True(whole == Read(bytes, cuts), $"run {run}: {Encoding.Latin1.GetString(bytes)}\n{whole}\n{Read(bytes, cuts)}");
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", BodyFraming.Length, true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", BodyFraming.Close, true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", BodyFraming.Chunks, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", BodyFraming.Chunks, false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive, Close\r\n\r\n", BodyFraming.Length, false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n", BodyFraming.Length, false)]
    internal void Framing_tells_where_the_answer_ends_and_whether_another_may_follow(string bytes, BodyFraming framing, bool isKept)
    {
        var head = new AnswerHead();
        Assert.True(head.TryRead(Encoding.Latin1.GetBytes(bytes), new DefaultHttpContext().Response, out var used));
        Assert.Equal((bytes.Length, framing, isKept), (used, head.Framing, head.IsKept));
    }

    [Fact]
    public void A_value_that_a_server_repeats_is_made_to_a_text_once()
    {
        var head = new AnswerHead();
        string Server()
        {
            var answer = new DefaultHttpContext().Response;
            Assert.True(head.TryRead("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n"u8, answer, out _));
            return answer.Headers.Server!;
        }
        Assert.Same(Server(), Server());
    }

    /// <summary>All that a head says, or that it is none; `...` while it has not all come.</summary>
    private static string Read(byte[] bytes, int[] arrivals)
    {
        var (head, answer, start) = (new AnswerHead(), new DefaultHttpContext().Response, 0);
        try
        {
            foreach (var end in arrivals)
            {
                var isRead = head.TryRead(bytes.AsSpan(start, end - start), answer, out var used);
                start += used;
                if (isRead)
                {
                    return $"{start} {answer.StatusCode} {head.Framing} {head.Length} {head.IsKept} {string.Join(';', answer.Headers.Select(h => $"{h.Key}={h.Value}").Order(StringComparer.Ordinal))}";
                }
            }
            return "...";
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }
}
