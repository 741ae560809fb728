using System.Collections.Concurrent;
using Athena.Client;
using Athena.V1;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Athena.Gateway.Resolution;

/// <summary>What was decided for one attempt of a request.</summary>
internal sealed class FarmDecision(in SteadyDecision made)
{
    private readonly SteadyDecision _made = made;

    /// <summary>The decision.</summary>
    public ref readonly SteadyDecision Made => ref _made;

    /// <summary>The farm that decided.</summary>
    public string Farm => _made.Response.Farm;

    /// <summary>The server; empty when it is a URL.</summary>
    public string Server => _made.Response.Server;

    /// <summary>The server's answer; null until it began.</summary>
    public HttpResponseMessage? Answer { get; set; }

    /// <summary>Load that the server reported in the head of its answer; null: none.</summary>
    public LoadReport? Load { get; set; }

    /// <summary>URL to ask as it stands, whatever path was asked for; null: the request's own path.</summary>
    public Uri? FixedUrl { get; init; }
}

/// <summary>YARP's destinations for addresses that the service named; made once each, for YARP counts on them.</summary>
internal sealed class Destinations
{
    /// <summary>Addresses kept; beyond it the oldest knowledge is dropped as a whole, which costs only YARP's own counts.</summary>
    private const int MaxKept = 100_000;

    private readonly ConcurrentDictionary<(string Server, string Address), DestinationState> _known = new();

    public DestinationState Of(string server, string address)
    {
        if (_known.TryGetValue((server, address), out var destination))
        {
            return destination;
        }
        if (_known.Count >= MaxKept)
        {
            _known.Clear();
        }
        return _known.GetOrAdd((server, address), key =>
            new DestinationState(key.Server, new DestinationModel(new DestinationConfig { Address = key.Address })));
    }
}
