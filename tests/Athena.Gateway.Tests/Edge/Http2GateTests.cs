using System.Buffers;
using Athena.Gateway.Edge.Http2;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Gateway.Tests.Edge;

public sealed class Http2GateTests
{
    private static readonly byte[] Preface = new byte[24];

    private readonly FakeTimeProvider _time = new();
    private int _cut;

    [Fact]
    public void Frames_that_carry_something_pass_without_end()
    {
        var gate = Gate();
        for (var i = 0; i < 10_000; i++)
        {
            Send(gate, Frame(1, 10), Frame(0, 100), Frame(0, 0, flags: 1), Frame(8, 4));
        }
        Assert.Equal((false, 0), (gate.IsRefused, _cut));
    }

    [Theory]
    [InlineData(6, 8)] // PING
    [InlineData(4, 0)] // SETTINGS
    [InlineData(0, 0)] // empty DATA
    [InlineData(2, 5)] // PRIORITY
    [InlineData(3, 4)] // RST_STREAM
    [InlineData(0xFA, 3)] // unknown
    public void A_flood_of_frames_that_carry_nothing_cuts_the_connection_once(byte type, int length)
    {
        var gate = Gate();
        for (var i = 0; i < 300; i++)
        {
            Send(gate, Frame(type, length));
        }
        Assert.Equal((true, 1), (gate.IsRefused, _cut));
    }

    [Fact]
    public void As_many_as_allowed_each_second_pass_for_ever()
    {
        var gate = Gate();
        for (var i = 0; i < 1000; i++)
        {
            Send(gate, Frame(6, 8));
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.False(gate.IsRefused);
    }

    [Fact]
    public void Frames_are_found_however_the_bytes_arrive()
    {
        var gate = Gate();
        foreach (var one in Enumerable.Range(0, 210).SelectMany(_ => Frame(6, 8)))
        {
            if (!gate.IsRefused)
            {
                gate.Pass(new ReadOnlySequence<byte>([one]));
            }
        }
        Assert.True(gate.IsRefused);
    }

    private Http2Gate Gate()
    {
        var gate = new Http2Gate(framesPerSecond: 100, _time, () => _cut++);
        Send(gate, Preface);
        return gate;
    }

    private static void Send(Http2Gate gate, params byte[][] frames)
    {
        if (!gate.IsRefused)
        {
            gate.Pass(new ReadOnlySequence<byte>([.. frames.SelectMany(f => f)]));
        }
    }

    private static byte[] Frame(byte type, int length, byte flags = 0) => [(byte)(length >> 16), (byte)(length >> 8), (byte)length, type, flags, 0, 0, 0, 1, .. new byte[length]];
}
