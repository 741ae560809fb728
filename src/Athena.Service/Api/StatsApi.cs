using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Service.Api;

/// <summary>Takes in the numbers that servers report.</summary>
internal sealed class StatsApi(StatsIntake intake, SnapshotHolder snapshots, TimeProvider time) : StatsService.StatsServiceBase
{
    private const int MaxReports = 10_000;
    private const int MaxRejections = 100;

    public override async Task<UpdateStatsResponse> UpdateStats(UpdateStatsRequest request, ServerCallContext context) =>
        await intake.TakeAsync(request, context.CancellationToken) is { } error
            ? throw error.AsException()
            : new UpdateStatsResponse { Revision = snapshots.Current.Revision };

    public override async Task<StreamStatsResponse> StreamStats(IAsyncStreamReader<StreamStatsRequest> requestStream, ServerCallContext context)
    {
        var response = new StreamStatsResponse();
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            var reports = requestStream.Current.Reports;
            if (reports.Count > MaxReports)
            {
                throw ApiErrors.InvalidField("reports", $"{reports.Count} reports in one message; at most {MaxReports} are taken").AsException();
            }
            foreach (var report in reports)
            {
                if (await intake.TakeAsync(report, context.CancellationToken) is not { } error)
                {
                    response.Accepted++;
                    continue;
                }
                response.Rejected++;
                if (response.Rejections.Count < MaxRejections)
                {
                    response.Rejections.Add(new RejectedReport { Server = report.Server.Length <= EntityName.MaxLength ? report.Server : "", Error = error });
                }
            }
        }
        return response;
    }

    public override Task<GetStatsResponse> GetStats(GetStatsRequest request, ServerCallContext context)
    {
        var checks = new RequestChecks();
        checks.Name("server", request.Server);
        checks.ThrowIfAny();
        var snapshot = snapshots.Current;
        var server = snapshot.FindServer(request.Server) ?? throw ApiErrors.ServerNotFound(request.Server, snapshot).AsException();
        var board = server.Cells.Statistics;
        var response = new GetStatsResponse
        {
            Server = server.Name,
            Age = board.LastReport is { } last ? Duration.FromTimeSpan(time.GetElapsedTime(last)) : null,
            InFlight = server.Cells.InFlight,
            SinceReport = board.HandOutsSinceReport,
        };
        foreach (var (name, cell) in board.Reported)
        {
            response.Stats[name] = new Statistic { Value = cell.Value, Age = Duration.FromTimeSpan(time.GetElapsedTime(cell.ReportedAt)) };
        }
        return Task.FromResult(response);
    }
}
