using System.Buffers;
using Athena.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Client.Tests;

public sealed class AnswerReaderTests
{
    private const int Messages = 20_000;

    private static readonly string[] Names = ["", "a", "b", "wéb", "server-0001", "server-0002", new string('s', AnswerReader.LongestKept), new string('s', AnswerReader.LongestKept + 1)];

    private readonly AnswerReader _reader = new();

    [Fact]
    public void Every_message_is_read_as_the_generated_parser_reads_it()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var k = 0; k < Messages; k++)
        {
            var message = Message(random);
            var bytes = new ReadOnlySequence<byte>(message.ToByteArray());
            Assert.True(message.Equals(_reader.Read(bytes)), $"message {k}, seed {seed}");
        }
    }

    [Fact]
    public void Damaged_bytes_are_read_and_refused_as_the_generated_parser_does()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var refused = 0;
        for (var k = 0; k < Messages; k++)
        {
            var bytes = Message(random).ToByteArray();
            for (var i = 0; i < random.Next(1, 4) && bytes.Length > 0; i++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
            bytes = bytes[..^Math.Min(random.Next(3), bytes.Length)];
            var (expected, actual) = (Read(b => BalanceStreamResponse.Parser.ParseFrom(b)), Read(b => _reader.Read(new ReadOnlySequence<byte>(b))));
            Assert.True(Equals(expected, actual), $"message {k}, seed {seed}");
            refused += expected is null ? 1 : 0;

            BalanceStreamResponse? Read(Func<byte[], BalanceStreamResponse> read)
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
        }
        Assert.InRange(refused, Messages / 100, Messages - (Messages / 100));
    }

    [Fact]
    public void Decisions_stay_what_they_are_when_the_next_message_comes()
    {
        var first = Read(new BalanceResponse { DecisionId = 1, Farm = "web", Server = "a" });
        var second = Read(new BalanceResponse { DecisionId = 2, Farm = "web", Server = "b" });
        Assert.Equal((1UL, "a", 2UL, "b"), (first.DecisionId, first.Server, second.DecisionId, second.Server));
        Assert.Same(first.Farm, second.Farm);
    }

    private BalanceResponse Read(BalanceResponse decision) =>
        _reader.Read(new ReadOnlySequence<byte>(new BalanceStreamResponse { Answers = { new BalanceStreamAnswer { Id = 1, Decisions = { decision } } } }.ToByteArray())).Answers[0].Decisions[0];

    private static BalanceStreamResponse Message(Random random)
    {
        var message = new BalanceStreamResponse();
        for (var i = random.Next(5); i > 0; i--)
        {
            var answer = new BalanceStreamAnswer { Id = Number(random) };
            for (var k = random.Next(10) == 0 ? random.Next(4) : 1; k > 0; k--)
            {
                answer.Decisions.Add(Decision(random));
            }
            answer.Error = random.Next(10) == 0 ? new Google.Rpc.Status { Code = 5, Message = "no" } : null;
            message.Answers.Add(answer);
        }
        if (random.Next(10) == 0)
        {
            message.RejectedOutcomes.Add(new RejectedOutcome { DecisionId = Number(random), Result = OutcomeResult.Expired });
        }
        return message;
    }

    private static BalanceResponse Decision(Random random)
    {
        string Name() => Names[random.Next(Names.Length)];
        var decision = new BalanceResponse { DecisionId = Number(random), Farm = Name(), Server = Name(), Address = Name(), Revision = (long)Number(random), Seed = Number(random) };
        switch (random.Next(12))
        {
            case 0:
                decision.Lease = new Lease { Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)) };
                break;
            case 1:
                (decision.Server, decision.Url) = ("", "https://sorry.example/");
                break;
            case 2:
                decision.Alternates.Add(new Alternate { Server = "b" });
                decision.Hops.Add(new ForwardHop { From = "a", To = "b" });
                break;
            case 3:
                (decision.Pinned, decision.Steered) = (true, true);
                break;
            case 4:
                (decision.Forwarded, decision.Panicked) = (true, true);
                break;
            case 5:
                decision.Explanation = new Explanation { Policy = "random", Draws = { 1, 2, 3 } };
                break;
        }
        return decision;
    }

    private static ulong Number(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => (ulong)random.Next(300),
        2 => ulong.MaxValue,
        _ => (ulong)random.NextInt64(),
    };
}
