using Athena.Engine;
using Athena.Engine.Farms;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using PriorityClass = Athena.Engine.PriorityClass;

namespace Athena.Service.Contract;

/// <summary>Collects what is wrong with a request, field by field.</summary>
internal struct RequestChecks
{
    /// <summary>Longest actor's name.</summary>
    public const int MaxActor = 128;

    /// <summary>Longest reason.</summary>
    public const int MaxReason = 1024;

    private List<(string Field, string Message)>? _faults;

    /// <summary>The name of a farm or server.</summary>
    public void Name(string field, string value)
    {
        if (!EntityName.IsValid(value))
        {
            Fault(field, EntityName.Rule);
        }
    }

    /// <summary>At most so many entries.</summary>
    public void Count(string field, int count, int max)
    {
        if (count > max)
        {
            Fault(field, $"{count} entries; at most {max} are taken");
        }
    }

    /// <summary>A text of at most so many characters.</summary>
    public void Length(string field, string text, int max)
    {
        if (text.Length > max)
        {
            Fault(field, $"{text.Length} characters; at most {max} are taken");
        }
    }

    /// <summary>A duration in a range; null when absent.</summary>
    public TimeSpan? Span(string field, Duration? value, TimeSpan min, TimeSpan max)
    {
        if (value is null)
        {
            return null;
        }
        if (value.Seconds is < -1_000_000_000 or > 1_000_000_000 || value.Nanos is <= -1_000_000_000 or >= 1_000_000_000
            || (value.Seconds > 0 && value.Nanos < 0) || (value.Seconds < 0 && value.Nanos > 0)
            || value.ToTimeSpan() is var span && (span < min || span > max))
        {
            Fault(field, FormattableString.Invariant($"must be from {min} to {max}"));
            return null;
        }
        return value.ToTimeSpan();
    }

    /// <summary>A value that the enumeration has.</summary>
    public void Defined<T>(string field, T value)
        where T : struct, System.Enum
    {
        if (!System.Enum.IsDefined(value))
        {
            Fault(field, $"{value:D} is not a value of {typeof(T).Name}");
        }
    }

    /// <summary>Says what is wrong with a field.</summary>
    public void Fault(string field, string message) => (_faults ??= []).Add((field, message));

    /// <summary>Takes over what is wrong with a message inside this one.</summary>
    public void Within(string field, RequestChecks inner)
    {
        foreach (var (name, message) in inner._faults ?? [])
        {
            Fault($"{field}.{name}", message);
        }
    }

    /// <summary>All faults as a status; null when there is none.</summary>
    public readonly Google.Rpc.Status? Result => _faults is null ? null : ApiErrors.InvalidFields(ErrorReason.InvalidField, _faults);

    /// <summary>Ends the call when something is wrong.</summary>
    public readonly void ThrowIfAny()
    {
        if (Result is { } status)
        {
            throw status.AsException();
        }
    }

    /// <summary>A question as the engine takes it; faults are collected.</summary>
    public BalanceQuery Query(BalanceRequest request, TimeSpan defaultLease)
    {
        Name("farm", request.Farm);
        if (request.Exclude.Count > 0)
        {
            Count("exclude", request.Exclude.Count, 64);
        }
        if (request.Labels.Count > 0)
        {
            Count("labels", request.Labels.Count, 16);
        }
        if (request.HasHashKey && System.Text.Encoding.UTF8.GetByteCount(request.HashKey) > 1024)
        {
            Fault("hash_key", "more than 1,024 bytes");
        }
        if (request.Alternates > 16)
        {
            Fault("alternates", "must be from 0 to 16");
        }
        if (request.HasPinnedServer)
        {
            Name("pinned_server", request.PinnedServer);
        }
        Defined("priority", request.Priority);
        var timeout = Span("lease_timeout", request.LeaseTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        return new BalanceQuery(request.Farm)
        {
            Exclude = request.Exclude.Count > 0 ? request.Exclude : null,
            Labels = request.Labels.Count > 0 ? request.Labels.ToDictionary() : null,
            PinnedServer = request.HasPinnedServer ? request.PinnedServer : null,
            Steering = string.IsNullOrEmpty(request.Steering) ? null : request.Steering,
            Priority = request.Priority switch
            {
                V1.PriorityClass.Low => PriorityClass.Low,
                V1.PriorityClass.High => PriorityClass.High,
                _ => PriorityClass.Normal,
            },
            Lease = request.Lease ? timeout ?? defaultLease : null,
            Seed = request.HasSeed ? request.Seed : null,
            HashKey = request.HasHashKey ? HashKey.Of(request.HashKey) : null,
        };
    }
}
