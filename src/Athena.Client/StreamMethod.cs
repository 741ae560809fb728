using Athena.V1;
using Grpc.Core;

namespace Athena.Client;

/// <summary>`BalanceStream` as the generated client has it, but for its messages: a <see cref="StreamMessage"/> is sent, and an <see cref="AnswerReader"/> reads the answers.</summary>
internal static class StreamMethod
{
    /// <summary>For one call.</summary>
    public static Method<StreamMessage, BalanceStreamResponse> Make()
    {
        var reader = new AnswerReader();
        return new Method<StreamMessage, BalanceStreamResponse>(MethodType.DuplexStreaming, BalancerService.Descriptor.FullName, "BalanceStream",
            Marshallers.Create<StreamMessage>((message, context) => message.Write(context), _ => throw new NotSupportedException()),
            Marshallers.Create<BalanceStreamResponse>((_, _) => throw new NotSupportedException(), context => reader.Read(context.PayloadAsReadOnlySequence())));
    }
}
