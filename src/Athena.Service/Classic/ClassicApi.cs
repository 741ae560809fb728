using System.Text;
using Athena.Engine;
using Athena.Service.Contract;
using Athena.Service.Telemetry;
using Athena.V1;
using Google.Api;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace Athena.Service.Classic;

/// <summary>mod_athena's functions: text in, text out.</summary>
internal sealed class ClassicApi(Balancer balancer, AthenaMetrics metrics) : ClassicService.ClassicServiceBase
{
    /// <summary>Type of every answer.</summary>
    public const string ContentType = "text/plain; charset=utf-8";

    public override Task<HttpBody> Balance(ClassicServiceBalanceRequest request, ServerCallContext context) =>
        Task.FromResult(new HttpBody { ContentType = ContentType, Data = ByteString.CopyFromUtf8(BalanceText(request.Raw, ClassicAnswer.OfCall())) });

    /// <summary>The text of `balance`.</summary>
    /// <param name="raw">The query, without the question mark.</param>
    /// <param name="answer">Takes what is said beside the text.</param>
    public string BalanceText(string raw, ClassicAnswer answer)
    {
        try
        {
            var farms = ClassicQuery.Farms(raw);
            if (farms.Count == 1)
            {
                return Line(farms[0], answer, out var error) ?? answer.Fail(error!);
            }
            var lines = new StringBuilder();
            foreach (var farm in farms)
            {
                lines.Append(Line(farm, null, out var error) ?? ClassicAnswer.ErrorLine(error!));
            }
            return lines.ToString();
        }
        catch (ClassicQueryException e)
        {
            var status = ApiErrors.InvalidField("raw", e.Message);
            return answer.Fail(status, e.Message, e.TooMuch ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest);
        }
    }

    private string? Line(string farm, ClassicAnswer? answer, out Status? error)
    {
        var query = new BalanceQuery(farm);
        var decision = balancer.Decide(query);
        metrics.Decided(decision);
        error = null;
        switch (decision.Kind)
        {
            case DecisionKind.Chosen:
                var server = decision.Member!.Server;
                answer?.Chosen(server.Name, decision.Farm!.Name, decision.LastHop is not null || decision.Member.IsStandIn);
                return server.Authority + "\n";
            case DecisionKind.ForwardedToUrl:
                answer?.Chosen(null, decision.Farm!.Name, forwarded: true);
                return decision.Url + "\n";
            default:
                error = ApiErrors.NoServer(decision, query);
                return null;
        }
    }
}
