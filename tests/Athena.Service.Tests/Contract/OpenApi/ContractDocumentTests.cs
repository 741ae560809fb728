using System.Text;
using System.Text.Json;
using Athena.Service.Contract;
using Athena.Service.Contract.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Athena.Service.Tests.Contract.OpenApi;

public sealed class ContractDocumentTests
{
    [Fact]
    public void It_has_every_route_that_is_mapped_and_no_other()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddAthenaContract();
        var app = builder.Build();
        app.MapAthenaFaces();
        var mapped = ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).Select(e => e.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()).OfType<GrpcJsonTranscodingMetadata>()
            .Select(m => ContractDocument.RouteOf(m.HttpRule)).Select(r => $"{r.Verb} {ContractDocument.ShownPath(r.Path)}").Order().ToArray();
        Assert.True(mapped.Length > 25, string.Join(", ", mapped));
        Assert.Equal(mapped, ContractDocument.Make().Paths.SelectMany(p => p.Value.Operations!.Keys.Select(verb => $"{verb} {p.Key}")).Order());
    }

    [Fact]
    public async Task It_is_read_back_without_errors_and_every_reference_leads_somewhere()
    {
        var json = await ContractDocument.ToJsonAsync();
        using var stream = new MemoryStream(json);
        var read = await OpenApiDocument.LoadAsync(stream, "json", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Empty(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()));
        var text = Encoding.UTF8.GetString(json);
        var references = text.Split("\"#/components/schemas/").Skip(1).Select(t => t[..t.IndexOf('"', StringComparison.Ordinal)]).Distinct().ToArray();
        Assert.True(references.Length > 20);
        Assert.Empty(references.Except(read.Document!.Components!.Schemas!.Keys));
    }

    [Fact]
    public async Task What_it_says_is_what_the_proto_says()
    {
        var root = JsonDocument.Parse(await ContractDocument.ToJsonAsync()).RootElement;
        var balance = root.GetProperty("paths").GetProperty("/v1/farms/{farm}:balance").GetProperty("get");
        Assert.StartsWith("Balance picks the server", balance.GetProperty("summary").GetString(), StringComparison.Ordinal);
        var farm = balance.GetProperty("parameters").EnumerateArray().Single(p => p.GetProperty("name").GetString() == "farm");
        Assert.Equal(("path", true), (farm.GetProperty("in").GetString(), farm.GetProperty("required").GetBoolean()));
        Assert.Contains("hashKey", balance.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()));

        var schemas = root.GetProperty("components").GetProperty("schemas");
        var change = schemas.GetProperty("HealthChange").GetProperty("properties");
        Assert.Equal(("string", "int64"), (change.GetProperty("revision").GetProperty("type").GetString(), change.GetProperty("revision").GetProperty("format").GetString()));
        Assert.Equal("date-time", change.GetProperty("changeTime").GetProperty("format").GetString());
        Assert.Contains("At most one of `server`, `farm`", schemas.GetProperty("HealthChange").GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Contains("ADMIN_STATE_DRAIN", schemas.GetProperty("AdminState").GetProperty("enum").EnumerateArray().Select(v => v.GetString()));
        Assert.Contains("FARM_NOT_FOUND", schemas.GetProperty("google.rpc.ErrorInfo").GetProperty("properties").GetProperty("reason").GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Contains("text/event-stream", root.GetProperty("paths").GetProperty("/v1/health:watch").GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void Everything_in_it_has_a_description()
    {
        var document = ContractDocument.Make();
        var silent = from path in document.Paths
                     from operation in path.Value.Operations!
                     where string.IsNullOrEmpty(operation.Value.Description) || operation.Value.Parameters!.Any(p => string.IsNullOrEmpty(p.Description))
                     select $"{operation.Key} {path.Key}";
        Assert.Empty(silent);
        Assert.Empty(document.Components!.Schemas!.Where(s => string.IsNullOrEmpty(s.Value.Description)).Select(s => s.Key));
    }
}
