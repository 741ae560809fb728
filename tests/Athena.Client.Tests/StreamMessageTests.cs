using Athena.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Client.Tests;

public sealed class StreamMessageTests
{
    private const int Messages = 5_000;

    [Fact]
    public void Every_message_is_written_as_the_generated_code_writes_it()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var message = new StreamMessage();
        for (var k = 0; k < Messages; k++)
        {
            var expected = new BalanceStreamRequest();
            for (var i = random.Next(6); i > 0; i--)
            {
                var (id, request, count, keep) = ((ulong)random.NextInt64(1, long.MaxValue) >> random.Next(63) | 1, Request(random), random.Next(3) == 0 ? random.Next(1, 1024) : 0, random.Next(4) switch
                {
                    0 => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(random.Next(100))),
                    1 => new Duration(),
                    _ => null,
                });
                message.Add(id, request, count, keep);
                expected.Questions.Add(new BalanceQuestion { Id = id, Request = request, Count = (uint)count, Keep = keep });
            }
            for (var i = random.Next(3); i > 0; i--)
            {
                var outcome = new Outcome { DecisionId = (ulong)random.NextInt64(), Kind = (OutcomeKind)random.Next(6), Load = random.Next(3) == 0 ? new LoadReport { CpuUtilization = 0.5, Utilization = { ["gpu"] = 1 } } : null };
                message.Add(outcome);
                expected.Outcomes.Add(outcome);
            }
            Assert.Equal(expected.CalculateSize() == 0, message.IsEmpty);
            Assert.True(expected.ToByteArray().AsSpan().SequenceEqual(BytesOf(message)), $"message {k}, seed {seed}");
            message.Clear();
        }
    }

    [Fact]
    public void It_takes_as_many_questions_and_outcomes_as_the_service_does()
    {
        var message = new StreamMessage();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(message.TakesQuestions && message.TakesOutcomes);
            message.Add(1, new BalanceRequest { Farm = "web" }, 0, null);
            message.Add(new Outcome { DecisionId = 1 });
        }
        Assert.False(message.TakesQuestions || message.TakesOutcomes);
        message.Clear();
        Assert.True(message.IsEmpty && message.TakesQuestions && message.TakesOutcomes);
    }

    [Fact]
    public void Large_questions_do_not_make_a_message_that_the_service_would_refuse()
    {
        var (message, request) = (new StreamMessage(), new BalanceRequest { Farm = "web", Steering = new string('t', 4096), HashKey = new string('k', 1024) });
        while (message.TakesQuestions)
        {
            message.Add(ulong.MaxValue, request, 0, null);
        }
        Assert.False(message.TakesOutcomes);
        // As any service of ASP.NET: 4 MB.
        Assert.InRange(BytesOf(message).Length, 1 << 20, 4 << 20);
    }

    private static BalanceRequest Request(Random random)
    {
        var request = new BalanceRequest { Farm = random.Next(4) switch { 0 => "", 1 => "wéb", 2 => new string('f', 253), _ => "web" }, Lease = random.Next(3) == 0 };
        switch (random.Next(6))
        {
            case 0:
                request.Steering = new string('t', random.Next(300));
                break;
            case 1:
                request.Exclude.Add(["a", "b"]);
                request.Labels.Add("zone", "north");
                break;
            case 2:
                (request.Seed, request.Priority, request.LeaseTimeout) = ((ulong)random.NextInt64(), PriorityClass.High, Duration.FromTimeSpan(TimeSpan.FromSeconds(5)));
                break;
        }
        return request;
    }

    private static byte[] BytesOf(StreamMessage message)
    {
        var payload = new Payload();
        message.Write(payload);
        Assert.Equal(payload.Length, payload.Bytes.WrittenCount);
        return payload.Bytes.WrittenSpan.ToArray();
    }

    private sealed class Payload : SerializationContext
    {
        public System.Buffers.ArrayBufferWriter<byte> Bytes { get; } = new();

        public int? Length { get; private set; }

        public override void SetPayloadLength(int payloadLength) => Length = payloadLength;

        public override System.Buffers.IBufferWriter<byte> GetBufferWriter() => Bytes;

        public override void Complete()
        {
        }
    }
}
