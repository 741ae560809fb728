using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Athena.Gateway.Edge;
using Athena.Gateway.Edge.Http1;

namespace Athena.Gateway.Tests.Edge;

public sealed class Http1GateTests
{
    private const string Post = "POST /x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab\r\nc";
    private const string Chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;ext=\"v\"\r\na\r\n\r\n\r\n00A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";
    private const string Get = "GET / HTTP/1.0\r\n\r\n";

    [Theory]
    [InlineData(Post)]
    [InlineData(Chunked)]
    [InlineData(Get)]
    [InlineData(Post + Chunked + "\r\n" + Get + Post)]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, TE\r\nEmpty:\r\nTabbed:\t x \t\r\n\r\n")]
    public void What_means_one_thing_passes_whole(string bytes) => Assert.Equal((bytes.Length, false), Pass(bytes, [bytes.Length]));

    [Theory]
    [InlineData("GET / HTTP/1.1\n", 14)]
    [InlineData("GET / HTTP/1.1\rX", 15)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 73)]
    [InlineData("\r\n\r\n", 3)]
    [InlineData("GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n", 53)]
    public void Bytes_pass_up_to_the_line_feed_that_would_make_something_bad_whole(string bytes, int passed) => Assert.Equal((passed, true), Pass(bytes, [bytes.Length]));

    [Fact]
    public void The_verdict_is_the_same_however_the_bytes_arrive()
    {
        var random = new Random(7);
        string[] parts = [Post, Chunked, Get, "GET / HTTP/1.1\r\nHost: a\r\n", "\r\n", "\n", "\r", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "0\r\n", "Connection: close, X\r\n", "\0", "x", " ", ": "];
        for (var run = 0; run < 20_000; run++)
        {
            var bytes = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => parts[random.Next(parts.Length)]));
            var whole = Pass(bytes, [bytes.Length]);
            var cuts = new List<int>();
            for (var left = bytes.Length; left > 0;)
            {
                cuts.Add(Math.Min(left, random.Next(1, 1 + random.Next(1, 30))));
                left -= cuts[^1];
            }
            Assert.True(whole == Pass(bytes, cuts), $"run {run}: {Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes))} cut at {string.Join(',', cuts)}");
        }
    }

    [Fact]
    public void No_bytes_make_it_fail_and_random_ones_are_refused()
    {
        var random = new Random(11);
        var bytes = new byte[300];
        for (var run = 0; run < 100_000; run++)
        {
            random.NextBytes(bytes);
            var gate = new Http1Gate();
            var passed = gate.Pass(new ReadOnlySequence<byte>(bytes));
            Assert.InRange(passed, 0, bytes.Length);
            Assert.Equal(gate.IsRefused, passed < bytes.Length);
        }
    }

    [Fact]
    public void After_the_connection_has_left_HTTP_everything_passes()
    {
        var gate = new Http1Gate();
        gate.Pass(Sequence("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
        gate.Release();
        Assert.Equal(4, gate.Pass(Sequence("\0\n\r\u0081")));
        Assert.False(gate.IsRefused);
    }

    [Fact]
    public void Headers_that_Connection_names_are_told_to_their_own_request()
    {
        var gate = new Http1Gate();
        gate.Pass(Sequence($"{Get}GET / HTTP/1.1\r\nConnection: close, Foo , X-Bar\r\n\r\n{Get}"));
        Assert.Equal([[], ["Foo", "X-Bar"], []], new[] { gate.NominatedByNext(), gate.NominatedByNext(), gate.NominatedByNext() });
    }

    [Fact]
    public async Task A_reader_behind_the_gate_sees_the_same_bytes_and_after_a_refusal_an_end()
    {
        var pipe = new Pipe();
        var reader = new GatedReader(pipe.Reader, new Http1Gate());
        await pipe.Writer.WriteAsync(Encoding.Latin1.GetBytes(Post + "GET / HTTP/1.1\n\n"));
        var seen = new StringBuilder();
        while (true)
        {
            var read = await reader.ReadAsync();
            // As a server does: takes some, looks at all.
            var taken = read.Buffer.Slice(0, Math.Min(7, read.Buffer.Length));
            seen.Append(Encoding.Latin1.GetString(taken.ToArray()));
            var end = read.IsCompleted && taken.Length == read.Buffer.Length;
            reader.AdvanceTo(taken.End, read.Buffer.End);
            if (end)
            {
                break;
            }
        }
        Assert.StartsWith(Post + "GET / HTTP/1.1\0", seen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', seen.ToString()[Post.Length..]);
    }

    private static (int Passed, bool IsRefused) Pass(string bytes, IEnumerable<int> pieces)
    {
        var gate = new Http1Gate();
        var (at, passed) = (0, 0L);
        foreach (var piece in pieces)
        {
            if (gate.IsRefused)
            {
                break;
            }
            passed += gate.Pass(Sequence(bytes.Substring(at, piece)));
            at += piece;
        }
        return ((int)passed, gate.IsRefused);
    }

    private static ReadOnlySequence<byte> Sequence(string bytes) => new(Encoding.Latin1.GetBytes(bytes));
}
