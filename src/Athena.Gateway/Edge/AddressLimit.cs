using System.Collections.Concurrent;
using System.Net;
using Athena.Gateway.Resolution;
using Microsoft.Extensions.Options;

namespace Athena.Gateway.Edge;

/// <summary>Lets each address have only so many requests running; one more gets 429.</summary>
/// <remarks>The framework's limiter by partitions makes five objects a request; this counts and makes none.</remarks>
internal sealed class AddressLimit
{
    private readonly RequestDelegate _next;
    private readonly ClientAddress _client;
    private readonly int _most;
    private readonly ConcurrentDictionary<IPAddress, int> _running = new();
    private readonly Func<object, Task> _leave;

    public AddressLimit(RequestDelegate next, ClientAddress client, IOptions<GatewayOptions> options)
    {
        (_next, _client, _most) = (next, client, options.Value.Limits.RequestsPerAddress);
        _leave = address =>
        {
            Leave((IPAddress)address);
            return Task.CompletedTask;
        };
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (_most > 0)
        {
            var address = _client.Of(context);
            if (!TryEnter(address))
            {
                return NoServer.BusyAsync(context, "TOO_MANY_REQUESTS");
            }
            context.Response.OnCompleted(_leave, address);
        }
        return _next(context);
    }

    private bool TryEnter(IPAddress address)
    {
        while (true)
        {
            if (!_running.TryGetValue(address, out var running))
            {
                if (_running.TryAdd(address, 1))
                {
                    return true;
                }
            }
            else if (running >= _most)
            {
                return false;
            }
            else if (_running.TryUpdate(address, running + 1, running))
            {
                return true;
            }
        }
    }

    /// <summary>An address without requests is forgotten: whoever comes from everywhere must not fill the memory.</summary>
    private void Leave(IPAddress address)
    {
        while (_running.TryGetValue(address, out var running))
        {
            if (running > 1 ? _running.TryUpdate(address, running - 1, running) : _running.TryRemove(new KeyValuePair<IPAddress, int>(address, running)))
            {
                return;
            }
        }
    }
}
