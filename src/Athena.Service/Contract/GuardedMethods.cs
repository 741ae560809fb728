using System.Reflection;
using Athena.V1;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Athena.Service.Contract;

/// <summary>Maps the methods of a gRPC service as the framework does, but answers bytes that are no message with INVALID_ARGUMENT.</summary>
/// <remarks>
/// The framework's own provider lets the parser's exception out as UNKNOWN "Exception was thrown by handler" and logs a stack trace for each; the
/// marshaller is the only place to catch it. Takes the place of every registered provider, so register it before JSON transcoding adds its own.
/// </remarks>
internal sealed class GuardedMethods<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        for (var type = typeof(TService).BaseType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>() is { } bind)
            {
                bind.BindType.GetMethod(bind.BindMethodName, [typeof(ServiceBinderBase), type])!.Invoke(null, [new Binder(context), null]);
                return;
            }
        }
        throw new InvalidOperationException($"{typeof(TService)} does not derive from a generated service base.");
    }

    private sealed class Binder(ServiceMethodProviderContext<TService> context) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            context.AddUnaryMethod(Guarded(method), Metadata(method.Name), Invoker<UnaryServerMethod<TService, TRequest, TResponse>>(method.Name));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddClientStreamingMethod(Guarded(method), Metadata(method.Name), Invoker<ClientStreamingServerMethod<TService, TRequest, TResponse>>(method.Name));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddServerStreamingMethod(Guarded(method), Metadata(method.Name), Invoker<ServerStreamingServerMethod<TService, TRequest, TResponse>>(method.Name));

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            context.AddDuplexStreamingMethod(Guarded(method), Metadata(method.Name), Invoker<DuplexStreamingServerMethod<TService, TRequest, TResponse>>(method.Name));

        private static Method<TRequest, TResponse> Guarded<TRequest, TResponse>(Method<TRequest, TResponse> method)
        {
            var parse = method.RequestMarshaller;
            // One reader for all streams: most ask for the same few farms.
            var questions = typeof(TRequest) == typeof(BalanceStreamRequest) ? new StreamQuestions() : null;
            TRequest Deserialize(DeserializationContext context)
            {
                try
                {
                    return questions is null ? parse.ContextualDeserializer(context) : (TRequest)(object)questions.Read(context.PayloadAsReadOnlySequence());
                }
                catch (InvalidProtocolBufferException e)
                {
                    throw ApiErrors.Malformed($"the bytes are not a {typeof(TRequest).Name}: {e.Message}").AsException();
                }
            }
            var guarded = Marshallers.Create(parse.ContextualSerializer, Deserialize);
            return new Method<TRequest, TResponse>(method.Type, method.ServiceName, method.Name, guarded, Written(method.ResponseMarshaller));
        }

        private static Marshaller<TResponse> Written<TResponse>(Marshaller<TResponse> generated)
        {
            if (typeof(TResponse) != typeof(BalanceStreamResponse))
            {
                return generated;
            }
            // One writer for all streams, as above.
            var answers = new StreamAnswerBytes();
            return Marshallers.Create((response, context) => answers.Write((BalanceStreamResponse)(object)response!, context), generated.ContextualDeserializer);
        }

        private static List<object> Metadata(string method) =>
            [.. typeof(TService).GetCustomAttributes(inherit: true), .. MethodInfoOf(method).GetCustomAttributes(inherit: true)];

        private static TDelegate Invoker<TDelegate>(string method)
            where TDelegate : Delegate => MethodInfoOf(method).CreateDelegate<TDelegate>();

        private static MethodInfo MethodInfoOf(string name) => typeof(TService).GetMethod(name, BindingFlags.Public | BindingFlags.Instance)!;
    }
}
