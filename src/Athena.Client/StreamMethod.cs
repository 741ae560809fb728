using Athena.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Client;

/// <summary>`BalanceStream` as the generated client has it, but for its answers, which an <see cref="AnswerReader"/> reads.</summary>
internal static class StreamMethod
{
    /// <summary>For one call.</summary>
    public static Method<BalanceStreamRequest, BalanceStreamResponse> Make()
    {
        var reader = new AnswerReader();
        return new Method<BalanceStreamRequest, BalanceStreamResponse>(MethodType.DuplexStreaming, BalancerService.Descriptor.FullName, "BalanceStream",
            Marshallers.Create<BalanceStreamRequest>(Write, _ => throw new NotSupportedException()),
            Marshallers.Create<BalanceStreamResponse>((_, _) => throw new NotSupportedException(), context => reader.Read(context.PayloadAsReadOnlySequence())));
    }

    private static void Write(BalanceStreamRequest message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
