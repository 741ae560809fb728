namespace Athena.Service.State;

/// <summary>The store did not take a change, which was not made, as far as is known.</summary>
internal sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether there is no room for it.</summary>
    public bool IsFull { get; init; }

    /// <summary>Whether the change may have been made all the same: it was sent, and no answer came in time; or written, and what the disk has of it cannot be told.</summary>
    public bool IsUnknown { get; init; }
}

/// <summary>The store is at another version than the writer thought.</summary>
internal sealed class StoreConflictException(long version) : Exception(FormattableString.Invariant($"the store is at version {version}"))
{
    /// <summary>The version that the store is at.</summary>
    public long Version => version;
}

/// <summary>What is kept cannot be trusted or read; the message names the file and what to do. The process does not start with it.</summary>
internal class StoreDamagedException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>What is kept is sound, but of a form that only a newer program knows: it is left alone, whatever the settings say of damage.</summary>
internal sealed class StoreNewerException(string message) : StoreDamagedException(message);
