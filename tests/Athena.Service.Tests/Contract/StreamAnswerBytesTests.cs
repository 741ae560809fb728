using System.Buffers;
using Athena.Service.Contract;
using Athena.V1;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Service.Tests.Contract;

public class StreamAnswerBytesTests
{
    private static readonly string[] Names = ["", "a", "wéb", "server-0001", new string('s', 200), new string('t', 20_000)];

    private static readonly ulong[] Numbers = [0, 1, 127, 128, 1UL << 63, ulong.MaxValue];

    private static readonly Gen<ulong> Number = Gen.Select(Gen.Int[0, 9], Gen.ULong, (form, number) => form < Numbers.Length ? Numbers[form] : number);

    private static readonly Gen<string> Name = Gen.Int[0, 5].Select(i => Names[i]);

    private static readonly Gen<BalanceResponse> Decision = Gen.Select(
        Gen.Select(Number, Number, Number), Gen.Select(Name, Name, Name), Gen.Bool.Array[4], Gen.Int[0, 12],
        (numbers, names, flags, form) => new BalanceResponse
        {
            DecisionId = numbers.Item1,
            Seed = numbers.Item2,
            Revision = (long)numbers.Item3,
            Farm = names.Item1,
            Server = names.Item2,
            Address = names.Item3,
            Pinned = flags[0],
            Steered = flags[1],
            Forwarded = flags[2],
            Panicked = flags[3],
            Lease = form is 0 or 1 ? new Lease { Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)), ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) } : null,
            Url = form == 2 ? "https://sorry.example/" : "",
            Alternates = { form == 3 ? [new Alternate { Server = "b" }] : Array.Empty<Alternate>() },
            Hops = { form == 4 ? [new ForwardHop { From = "a", To = "b" }] : Array.Empty<ForwardHop>() },
            Explanation = form == 5 ? new Explanation { Policy = "random" } : null,
        });

    private static readonly Gen<BalanceStreamResponse> Message = Gen.Select(
        Gen.Select(Number, Decision.Array[0, 3], Gen.Int[0, 9]).Array[0, 6], Gen.ULong.Array[0, 2],
        (answers, rejected) => new BalanceStreamResponse
        {
            Answers = { answers.Select(a => new BalanceStreamAnswer { Id = a.Item1, Decisions = { a.Item2 }, Error = a.Item3 == 0 ? new Google.Rpc.Status { Code = 5, Message = "no" } : null }) },
            RejectedOutcomes = { rejected.Select(id => new RejectedOutcome { DecisionId = id, Result = OutcomeResult.Expired }) },
        });

    private readonly StreamAnswerBytes _writer = new();

    [Fact]
    public void Every_message_is_written_as_the_generated_code_writes_it() => Message.Sample(message =>
    {
        for (var k = 0; k < 2; k++)
        {
            Assert.Equal(message.ToByteArray(), Written(message));
        }
    }, iter: 3000);

    [Fact]
    public void A_name_that_changes_is_written_as_it_is_now()
    {
        // The texts that differ take one another's place.
        var decision = new BalanceResponse { Farm = "web", Server = "a", Address = "http://a" };
        var message = new BalanceStreamResponse { Answers = { new BalanceStreamAnswer { Id = 1, Decisions = { decision } } } };
        foreach (var address in new[] { "http://a", "http://b", "http://a:80", "" })
        {
            decision.Address = address;
            Assert.Equal(message.ToByteArray(), Written(message));
        }
    }

    private byte[] Written(BalanceStreamResponse message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        _writer.Write(message, bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
