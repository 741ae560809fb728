using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Athena.Service.State.Sqlite;

/// <summary>One connection to the file: opens it without changing it, finds out whether it can be trusted, and writes transactions.</summary>
/// <remarks>
/// The single row of `meta` holds the sum of the hashes of all entries. A lost row, a row too many, a changed bit or pages of another database, as from a
/// foreign write-ahead log, do not add up. SQLite's own check sees the structure only.
/// </remarks>
internal sealed class Database : IDisposable
{
    /// <summary>`Athn`, in the header of the file.</summary>
    public const int ApplicationId = 0x4174686E;

    /// <summary>Revisions that are reserved at once, so that one given for something that is not stored is not given again after a restart.</summary>
    public const long Reserve = 100_000;

    private readonly SqliteConnection _connection;
    private int _schema;

    private Database(SqliteConnection connection, int schema) => (_connection, _schema) = (connection, schema);

    /// <summary>Which database it is.</summary>
    public Guid Id { get; private set; }

    /// <summary>Revision of the last transaction.</summary>
    public long Version { get; private set; }

    /// <summary>Revisions up to here may have been given.</summary>
    public long Reserved { get; private set; }

    private ulong Sum { get; set; }

    /// <summary>Makes a new file. Under another name until it is whole, so that an empty file is never ours.</summary>
    public static void Create(string path, long revision, DateTimeOffset now)
    {
        var draft = Draft(path);
        using (var connection = Connect(draft, SqliteOpenMode.ReadWriteCreate))
        {
            Run(connection, $"PRAGMA synchronous = FULL; PRAGMA page_size = 4096; PRAGMA application_id = {ApplicationId};");
            using var transaction = connection.BeginTransaction();
            Schema.Raise(connection, 0, now);
            Run(connection, $"INSERT INTO meta VALUES (1, '{Guid.NewGuid():D}', {revision.ToString(CultureInfo.InvariantCulture)}, {revision.ToString(CultureInfo.InvariantCulture)}, 0)");
            transaction.Commit();
        }
        File.Move(draft, path);
    }

    /// <summary>Opens a file and checks all of it. What is wrong is thrown; nothing was changed then.</summary>
    /// <exception cref="StoreDamagedException">It cannot be trusted; the message says what is wrong, not yet where.</exception>
    /// <exception cref="SqliteException">It cannot be opened or read.</exception>
    public static (Database Database, Dictionary<string, string> Entries) Open(string path)
    {
        // A file of no length would be opened as a new, empty database.
        if (new FileInfo(path).Length == 0)
        {
            throw new StoreDamagedException("the file is empty");
        }
        var connection = Connect(path, SqliteOpenMode.ReadWrite);
        try
        {
            // Closing must not write either: what is damaged stays as it was found.
            raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            if (Text(connection, "PRAGMA application_id") != ApplicationId.ToString(CultureInfo.InvariantCulture))
            {
                throw new StoreDamagedException("it is a database of something else");
            }
            var schema = Schema.Of(connection);
            Run(connection, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 128; PRAGMA cell_size_check = ON;");
            if (Text(connection, "PRAGMA integrity_check(1)") is var found && found != "ok")
            {
                throw new StoreDamagedException($"SQLite's integrity check says: {found}");
            }
            var database = new Database(connection, schema);
            return (database, database.ReadAll());
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>From now on this process writes: sets the journal, carries all of the write-ahead log into the file, and brings an older schema up to the present one.</summary>
    /// <remarks>After a failed sync it is this that makes good what the disk may have lost: every page is written and synced anew.</remarks>
    /// <returns>The file in which the older schema was kept; null: it was the present one.</returns>
    public string? BeginWriting(DateTimeOffset now)
    {
        if (Text(_connection, "PRAGMA journal_mode = WAL") != "wal")
        {
            throw new IOException("the file system cannot keep SQLite's write-ahead log");
        }
        Checkpoint();
        var kept = _schema < Schema.Version ? Raise(now) : null;
        raw.sqlite3_db_config(_connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, out _);
        return kept;
    }

    /// <summary>All of it or nothing, after a copy of the file as it was is safe.</summary>
    private string Raise(DateTimeOffset now)
    {
        var kept = string.Create(CultureInfo.InvariantCulture, $"{_connection.DataSource}.schema-{_schema}");
        var draft = Draft(kept);
        using (var copy = Connect(draft, SqliteOpenMode.ReadWriteCreate))
        {
            _connection.BackupDatabase(copy);
        }
        // One that was begun before, and not ended, is replaced.
        File.Move(draft, kept, overwrite: true);
        using var transaction = _connection.BeginTransaction(deferred: false);
        Schema.Raise(_connection, _schema, now);
        transaction.Commit();
        _schema = Schema.Version;
        return kept;
    }

    /// <summary>Carries the write-ahead log into the file.</summary>
    public void Checkpoint()
    {
        using var command = Command("PRAGMA wal_checkpoint(TRUNCATE)");
        using var reader = command.ExecuteReader();
        reader.Read();
    }

    /// <summary>Writes a transaction, durable when this returns.</summary>
    public void Write(IReadOnlyList<KeyChange> changes, long version, long reserved)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        var sum = Sum;
        foreach (var (key, value) in changes)
        {
            using var old = Command("DELETE FROM entries WHERE key = $key RETURNING hash", ("$key", key));
            if (old.ExecuteScalar() is long before)
            {
                sum -= (ulong)before;
            }
            if (value is not null)
            {
                var hash = Hash(key, value);
                using var insert = Command("INSERT INTO entries VALUES ($key, $value, $hash)", ("$key", key), ("$value", value), ("$hash", (long)hash));
                insert.ExecuteNonQuery();
                sum += hash;
            }
        }
        using (var meta = Command("UPDATE meta SET version = $version, reserved = $reserved, sum = $sum", ("$version", version), ("$reserved", reserved), ("$sum", (long)sum)))
        {
            meta.ExecuteNonQuery();
        }
        transaction.Commit();
        (Version, Reserved, Sum) = (version, reserved, sum);
    }

    /// <summary>Closes without writing: what is in the file and its log stays as it is.</summary>
    public void Abandon()
    {
        raw.sqlite3_db_config(_connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        _connection.Dispose();
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Reads every entry and holds it against its hash, and all of them against the sum.</summary>
    public Dictionary<string, string> ReadAll()
    {
        using (var command = Command("SELECT id, version, reserved, sum FROM meta"))
        using (var reader = command.ExecuteReader())
        {
            if (!reader.Read() || !Guid.TryParseExact(reader.GetString(0), "D", out var id))
            {
                throw new StoreDamagedException("it does not say which database it is");
            }
            (Id, Version, Reserved, Sum) = (id, reader.GetInt64(1), reader.GetInt64(2), (ulong)reader.GetInt64(3));
        }
        var entries = new Dictionary<string, string>();
        ulong sum = 0;
        using (var command = Command("SELECT key, value, hash FROM entries"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var (key, value, hash) = (reader.GetString(0), reader.GetString(1), (ulong)reader.GetInt64(2));
                if (Hash(key, value) != hash)
                {
                    throw new StoreDamagedException($"the entry '{key}' is not as it was written");
                }
                sum += hash;
                entries.Add(key, value);
            }
        }
        return sum == Sum ? entries : throw new StoreDamagedException("its entries are not those that were written: some are missing or too many");
    }

    /// <summary>The name under which a file is made before it is whole; what was left there is gone.</summary>
    private static string Draft(string path)
    {
        var draft = path + ".new";
        foreach (var leftOver in new[] { draft, draft + "-journal", draft + "-wal", draft + "-shm" })
        {
            File.Delete(leftOver);
        }
        return draft;
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static ulong Hash(string key, string value)
    {
        var hash = new XxHash64();
        hash.Append(Encoding.UTF8.GetBytes(key));
        hash.Append([0]);
        hash.Append(Encoding.UTF8.GetBytes(value));
        return hash.GetCurrentHashAsUInt64();
    }

    private static string Text(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }
        return command;
    }
}
