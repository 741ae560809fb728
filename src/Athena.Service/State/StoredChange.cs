using System.Text.Json;
using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>What keys and values, read one after another, make of a fleet and its states.</summary>
internal sealed record StoredChange(RunTimeFleet RunTime, FleetStates States)
{
    /// <summary>Changes that were listed.</summary>
    public List<OperatorChange> Changes { get; } = [];

    /// <summary>Requests that were remembered.</summary>
    public List<MadeRequest> Requests { get; } = [];

    /// <summary>Whose states were set.</summary>
    public List<(string? Farm, string? Server)> Subjects { get; } = [];

    /// <summary>With one more entry.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value; null: it is gone.</param>
    /// <param name="revision">Revision that it was kept at; null: the value tells it.</param>
    /// <exception cref="StoreDamagedException">It is none of ours.</exception>
    public StoredChange With(string key, string? value, long? revision)
    {
        try
        {
            var parts = key.Split('/');
            switch (parts)
            {
                case ["farms", var name]:
                    var farmEntity = Entity(value, true);
                    return this with { RunTime = RunTime.With(true, farmEntity?.Name ?? name, farmEntity) };
                case ["servers", var name]:
                    var serverEntity = Entity(value, false);
                    return this with { RunTime = RunTime.With(false, serverEntity?.Name ?? name, serverEntity) };
                case ["states", ..]:
                    var (farm, server, state) = value is null ? Gone(parts) : Value<StoredSubject>(value);
                    Subjects.Add((farm, server));
                    return this with { States = States.With(farm, server, state) };
                case ["changes", _]:
                    if (value is not null)
                    {
                        var change = Value<OperatorChange>(value);
                        Changes.Add(revision is { } at ? change with { Revision = at } : change);
                    }
                    return this;
                case ["requests", ..]:
                    if (value is not null)
                    {
                        var request = Value<MadeRequest>(value);
                        Requests.Add(revision is { } at ? request with { Revision = at } : request);
                    }
                    return this;
                default:
                    throw new JsonException("no such kind of key");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new StoreDamagedException($"the entry '{key}' of the store cannot be read: {e.Message}", e);
        }
    }

    private static StoredSubject Gone(string[] key)
    {
        var (farm, server) = key switch
        {
            [_, "engine"] => ((string?)null, (string?)null),
            [_, "servers", var name] => (null, name),
            [_, "farms", var name] => (name, null),
            [_, "members", var of, var name] => (of, name),
            _ => throw new JsonException("no such kind of key"),
        };
        return new StoredSubject(farm, server, FleetStates.Normal.Of(farm, server));
    }

    /// <summary>Fields that cannot be read are found now, not when they are put in force.</summary>
    private static RunTimeEntity? Entity(string? value, bool farm)
    {
        if (value is null)
        {
            return null;
        }
        var entity = Value<RunTimeEntity>(value);
        if (farm)
        {
            entity.Farm(entity.IsCreated ? null : new FarmDefinition(entity.Name));
        }
        else
        {
            entity.Server(entity.IsCreated ? null : new ServerDefinition(entity.Name, ""));
        }
        return entity;
    }

    private static T Value<T>(string text) => JsonSerializer.Deserialize<T>(text, DefinitionJson.Options) ?? throw new JsonException("null");
}

/// <summary>What operators set of a subject, as it is kept.</summary>
internal sealed record StoredSubject(string? Farm, string? Server, SubjectState State);
