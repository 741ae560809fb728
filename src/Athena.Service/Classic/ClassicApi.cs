using Athena.Service.Contract;
using Athena.V1;
using Google.Api;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Service.Classic;

/// <summary>mod_athena's functions over gRPC and by transcoding: text in, text out, and faults as statuses.</summary>
internal sealed class ClassicApi(ClassicFunctions functions) : ClassicService.ClassicServiceBase
{
    /// <summary>Type of every answer.</summary>
    public const string ContentType = "text/plain; charset=utf-8";

    public override Task<HttpBody> Balance(ClassicServiceBalanceRequest request, ServerCallContext context) => AnswerAsync("balance", request.Raw, context);

    public override Task<HttpBody> StatusPhys(ClassicServiceStatusPhysRequest request, ServerCallContext context) => AnswerAsync("status/phys", request.Raw, context);

    public override Task<HttpBody> StatusFarm(ClassicServiceStatusFarmRequest request, ServerCallContext context) => AnswerAsync("status/farm", request.Raw, context);

    public override Task<HttpBody> StatusEngine(ClassicServiceStatusEngineRequest request, ServerCallContext context) => AnswerAsync("status/engine", request.Raw, context);

    public override Task<HttpBody> StatusDebug(ClassicServiceStatusDebugRequest request, ServerCallContext context) => AnswerAsync("status/debug", request.Raw, context);

    public override Task<HttpBody> UpdatePhys(ClassicServiceUpdatePhysRequest request, ServerCallContext context) => AnswerAsync("update/phys", request.Raw, context);

    public override Task<HttpBody> UpdateFarm(ClassicServiceUpdateFarmRequest request, ServerCallContext context) => AnswerAsync("update/farm", request.Raw, context);

    public override Task<HttpBody> MirrorPhys(ClassicServiceMirrorPhysRequest request, ServerCallContext context) =>
        AnswerAsync("mirror/phys", request.Raw, context, request.HasImport ? request.Import : null);

    public override Task<HttpBody> MirrorFarm(ClassicServiceMirrorFarmRequest request, ServerCallContext context) =>
        AnswerAsync("mirror/farm", request.Raw, context, request.HasImport ? request.Import : null);

    private async Task<HttpBody> AnswerAsync(string function, string raw, ServerCallContext context, string? import = null)
    {
        var reply = await functions.AnswerAsync(function, raw, import, context.GetHttpContext());
        return reply.Fault is { } fault
            ? throw fault.Status.AsException()
            : new HttpBody { ContentType = ContentType, Data = ByteString.CopyFromUtf8(reply.Text) };
    }
}
