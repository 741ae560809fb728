using System.Text.Json;
using Athena.Testing;

namespace Athena.Integration.Tests;

/// <summary>One server-sent event.</summary>
internal sealed record StreamEvent(string? Name, string? Id, JsonElement Data);

/// <summary>Reads server-sent events as a browser does.</summary>
internal sealed class EventStream : IDisposable
{
    private readonly StreamReader _lines;

    private EventStream(HttpResponseMessage response, Stream stream) => (Response, _lines) = (response, new StreamReader(stream));

    public HttpResponseMessage Response { get; }

    public static HttpRequestMessage Request(string path, string? lastEventId)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }
        return request;
    }

    public static async Task<EventStream> OpenAsync(AthenaHost athena, string path, string? lastEventId = null)
    {
        using var request = Request(path, lastEventId);
        var response = await athena.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Deadline.Token());
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new EventStream(response, await response.Content.ReadAsStreamAsync());
    }

    public async Task<StreamEvent> NextAsync()
    {
        var (name, id, data) = ((string?)null, (string?)null, (string?)null);
        while (true)
        {
            var line = await _lines.ReadLineAsync(Deadline.Token()) ?? throw new EndOfStreamException("the stream ended");
            if (line.Length == 0)
            {
                return new StreamEvent(name, id, JsonDocument.Parse(data!).RootElement);
            }
            var (field, value) = line.Split(": ", 2) is [var f, var v] ? (f, v) : (line, "");
            (name, id, data) = (field == "event" ? value : name, field == "id" ? value : id, field == "data" ? value : data);
        }
    }

    public void Dispose()
    {
        _lines.Dispose();
        Response.Dispose();
    }
}
