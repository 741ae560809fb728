using System.Globalization;
using System.IO.Hashing;
using Microsoft.Net.Http.Headers;

namespace Athena.Service.Contract.OpenApi;

internal static class OpenApiRoute
{
    /// <summary>The OpenAPI document at `/openapi.json`, made at the first request and kept.</summary>
    public static void MapOpenApi(this IEndpointRouteBuilder app)
    {
        var document = new Lazy<Task<(byte[] Json, EntityTagHeaderValue Tag)>>(MakeAsync);
        app.MapGet("/openapi.json", async () =>
        {
            var (json, tag) = await document.Value;
            return Results.Bytes(json, "application/json", entityTag: tag);
        });
    }

    private static async Task<(byte[], EntityTagHeaderValue)> MakeAsync()
    {
        var json = await ContractDocument.ToJsonAsync();
        return (json, new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{XxHash3.HashToUInt64(json):x16}\"")));
    }
}
