using System.Buffers;
using Athena.Service.Contract;
using Athena.V1;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Tests.Contract;

public class StreamQuestionsTests
{
    private static readonly Gen<BalanceStreamRequest> Message = Gen.Select(
        Gen.Select(Gen.ULong, Gen.Int[0, 6], Gen.Int[0, 4]).Array[0, 8], Gen.ULong.Array[0, 3],
        (questions, outcomes) => new BalanceStreamRequest
        {
            Questions = { questions.Select(q => QuestionOf(q.Item1, q.Item2, q.Item3)) },
            Outcomes = { outcomes.Select(o => new Outcome { DecisionId = o, Kind = OutcomeKind.Success, Latency = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(5)) }) },
        });

    private readonly StreamQuestions _reader = new();

    [Fact]
    public void Every_message_is_read_as_the_generated_parser_reads_it() => Message.Sample(message =>
    {
        var bytes = message.ToByteArray();
        for (var k = 0; k < 3; k++)
        {
            Assert.Equal(message, _reader.Read(new ReadOnlySequence<byte>(bytes)));
        }
        Assert.Equal(message, _reader.Read(InTwo(bytes)));
    }, iter: 2000);

    [Fact]
    public void Damaged_bytes_are_read_and_refused_as_the_generated_parser_does() =>
        Gen.Select(Message, Gen.Select(Gen.Int[0, 1000], Gen.Byte).Array[1, 4], Gen.Int[0, 3]).Sample((message, changes, cut) =>
        {
            var bytes = message.ToByteArray();
            foreach (var (at, value) in changes)
            {
                if (bytes.Length > 0)
                {
                    bytes[at % bytes.Length] = value;
                }
            }
            bytes = bytes[..^Math.Min(cut, bytes.Length)];
            var (expected, actual) = (Read(b => BalanceStreamRequest.Parser.ParseFrom(b)), Read(b => _reader.Read(new ReadOnlySequence<byte>(b))));
            Assert.Equal(expected, actual);

            BalanceStreamRequest? Read(Func<byte[], BalanceStreamRequest> read)
            {
                try
                {
                    return read(bytes);
                }
                catch (InvalidProtocolBufferException)
                {
                    return null;
                }
            }
        }, iter: 20_000);

    [Fact]
    public void Who_asks_for_the_same_shares_a_request()
    {
        var bytes = new BalanceStreamRequest { Questions = { QuestionOf(1, 0, 0), QuestionOf(2, 0, 0), QuestionOf(3, 0, 0), QuestionOf(4, 0, 0), QuestionOf(5, 1, 0) } }.ToByteArray();
        var questions = _reader.Read(new ReadOnlySequence<byte>(bytes)).Questions;
        Assert.Same(questions[2].Request, questions[3].Request);
        Assert.NotSame(questions[3].Request, questions[4].Request);
    }

    [Fact]
    public void Long_requests_are_not_kept()
    {
        var question = new BalanceQuestion { Id = 1, Request = new BalanceRequest { Farm = "web", HashKey = new string('k', StreamQuestions.LongestKept) } };
        var questions = _reader.Read(new ReadOnlySequence<byte>(new BalanceStreamRequest { Questions = { question, question, question, question } }.ToByteArray())).Questions;
        Assert.NotSame(questions[2].Request, questions[3].Request);
    }

    [Fact]
    public void Questions_that_were_asked_before_leave_a_fraction_behind()
    {
        var bytes = new ReadOnlySequence<byte>(new BalanceStreamRequest { Questions = { Enumerable.Range(0, 64).Select(i => QuestionOf((ulong)i, 0, 0)) } }.ToByteArray());
        long Allocated(Func<BalanceStreamRequest> read)
        {
            read();
            read();
            var before = GC.GetAllocatedBytesForCurrentThread();
            read();
            return (GC.GetAllocatedBytesForCurrentThread() - before) / 64;
        }
        var (generated, shared) = (Allocated(() => BalanceStreamRequest.Parser.ParseFrom(bytes)), Allocated(() => _reader.Read(bytes)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{shared} bytes a question instead of {generated}");
        Assert.True(shared * 4 < generated, $"{shared} and {generated} bytes");
    }

    private static BalanceQuestion QuestionOf(ulong id, int request, int form) => new()
    {
        Id = id,
        Request = request switch
        {
            0 => new BalanceRequest { Farm = "web" },
            1 => new BalanceRequest { Farm = "web", Lease = true },
            2 => new BalanceRequest { Farm = "wéb", Exclude = { "a", "b" }, Labels = { ["zone"] = "1" } },
            3 => new BalanceRequest { HashKey = $"{id}" },
            4 => new BalanceRequest { Farm = new string('w', 300) },
            5 => new BalanceRequest(),
            _ => null,
        },
        Count = form == 1 ? 5U : 0,
        Keep = form == 2 ? Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) : null,
    };

    private static ReadOnlySequence<byte> InTwo(byte[] bytes)
    {
        var last = new Segment(bytes.AsMemory(bytes.Length / 2), null, bytes.Length / 2);
        return new ReadOnlySequence<byte>(new Segment(bytes.AsMemory(0, bytes.Length / 2), last, 0), 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? next, long start) => (Memory, Next, RunningIndex) = (memory, next, start);
    }
}
