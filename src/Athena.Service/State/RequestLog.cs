using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>A request with an id that was made, so that a repeat is answered and not made again.</summary>
/// <param name="Id">The id that the caller gave.</param>
/// <param name="Fingerprint">Tells another request under the same id.</param>
/// <param name="Name">The farm or server made or changed.</param>
/// <param name="Revision">Revision that made it.</param>
internal sealed record MadeRequest(string Id, string Fingerprint, string Name, long Revision);

/// <summary>The last requests with an id. The writer's alone.</summary>
internal sealed class RequestLog
{
    /// <summary>Requests remembered.</summary>
    public const int Capacity = 1000;

    private readonly Dictionary<string, MadeRequest> _byId = new(EntityName.Comparer);
    private readonly Queue<string> _order = new();

    public void Load(IReadOnlyList<MadeRequest> requests)
    {
        _byId.Clear();
        _order.Clear();
        foreach (var request in requests)
        {
            Add(request);
        }
    }

    public MadeRequest? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The one that is forgotten when a further one is added; null: none.</summary>
    public string? Oldest => _order.Count >= Capacity ? _order.Peek() : null;

    public void Add(MadeRequest request)
    {
        while (_order.Count >= Capacity)
        {
            _byId.Remove(_order.Dequeue());
        }
        _byId[request.Id] = request;
        _order.Enqueue(request.Id);
    }
}
