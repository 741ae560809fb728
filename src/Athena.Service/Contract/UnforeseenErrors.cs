using Athena.Service.State;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Athena.Service.Contract;

/// <summary>What no method foresaw: logged in full, answered with INTERNAL and without detail. A store that is away is foreseen here, once for all.</summary>
internal sealed partial class UnforeseenErrors(ILogger<UnforeseenErrors> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            var call = continuation(request, context);
            return call.IsCompletedSuccessfully ? call : Watch(call, context);
        }
        catch (Exception e) when (IsUnforeseen(e, context))
        {
            throw Answer(e, context);
        }
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        Watch(continuation(requestStream, context), context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        Watch(continuation(request, responseStream, context), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        Watch(continuation(requestStream, responseStream, context), context);

    private static bool IsUnforeseen(Exception e, ServerCallContext context) =>
        e is not RpcException && !context.CancellationToken.IsCancellationRequested;

    private async Task<T> Watch<T>(Task<T> call, ServerCallContext context)
    {
        await Watch((Task)call, context);
        return await call;
    }

    private async Task Watch(Task call, ServerCallContext context)
    {
        try
        {
            await call;
        }
        catch (Exception e) when (IsUnforeseen(e, context))
        {
            throw Answer(e, context);
        }
    }

    private RpcException Answer(Exception e, ServerCallContext context)
    {
        if (e is StoreUnavailableException store)
        {
            LogStoreUnavailable(e, context.Method);
            return (store.IsUnknown ? ApiErrors.StoreSilent() : store.IsFull ? ApiErrors.StoreFull() : ApiErrors.StoreUnavailable()).AsException();
        }
        LogUnforeseen(e, context.Method);
        return ApiErrors.Internal().AsException();
    }

    [LoggerMessage(3001, LogLevel.Error, "{Method} failed in a way nobody foresaw")]
    private partial void LogUnforeseen(Exception e, string method);

    [LoggerMessage(3002, LogLevel.Error, "{Method}: the store did not take the change")]
    private partial void LogStoreUnavailable(Exception e, string method);
}
