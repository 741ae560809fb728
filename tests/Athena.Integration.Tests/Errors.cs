using System.Text.Json;
using Google.Rpc;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>What an error says, whichever face it came through.</summary>
internal static class Errors
{
    /// <summary>The ErrorInfo of a call that must fail.</summary>
    public static async Task<(StatusCode Code, ErrorInfo Info)> OfAsync<T>(AsyncUnaryCall<T> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        var info = error.GetRpcStatus()?.GetDetail<ErrorInfo>();
        Assert.True(info is not null, $"no ErrorInfo in {error.Status}");
        Assert.Equal("athena", info.Domain);
        return (error.StatusCode, info);
    }

    /// <summary>The reason in the JSON of a failed request.</summary>
    public static async Task<string> ReasonAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.False(response.IsSuccessStatusCode, text);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var info = JsonDocument.Parse(text).RootElement.GetProperty("details")[0];
        Assert.Equal("type.googleapis.com/google.rpc.ErrorInfo", info.GetProperty("@type").GetString());
        return info.GetProperty("reason").GetString()!;
    }
}
