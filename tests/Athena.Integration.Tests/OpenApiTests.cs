using System.Net;
using System.Text.Json;
using Athena.Testing;

namespace Athena.Integration.Tests;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_service_describes_its_JSON_routes()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var first = await athena.Http.GetAsync("/openapi.json");
        Assert.Equal("application/json", first.Content.Headers.ContentType?.MediaType);
        var document = JsonDocument.Parse(await first.Content.ReadAsStringAsync()).RootElement;
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/farms/{farm}:balance", out _));
        // Who has it is told so.
        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi.json");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var same = await athena.Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
    }
}
