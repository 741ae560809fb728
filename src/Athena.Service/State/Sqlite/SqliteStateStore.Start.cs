using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Athena.Service.State.Sqlite;

/// <summary>The start: nothing is taken for granted, and nothing that cannot be trusted is passed over in silence.</summary>
internal sealed partial class SqliteStateStore
{
    private static readonly string[] Parts = ["", "-wal", "-journal"];

    private StoreContent Start()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            _mark = RevisionMark.Open(_path + ".mark");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreDamagedException(File.Exists(_path + ".mark") && e is IOException
                ? $"the store {_path} cannot be opened; another process has it: {e.Message}"
                : $"the store {_path} cannot be made there; its folder must exist and be writable: {e.Message}", e);
        }
        try
        {
            return OpenOrFresh();
        }
        catch (Exception e) when (IsFault(e) && e is not StoreDamagedException)
        {
            throw new StoreDamagedException($"the store {_path} cannot be read: {e.Message}", e);
        }
    }

    private StoreContent OpenOrFresh()
    {
        try
        {
            return Open();
        }
        catch (StoreNewerException e)
        {
            throw new StoreNewerException($"the store {_path} cannot be used: {e.Message}, or put back what this one wrote (docs/operations.md). Nothing was changed.");
        }
        catch (Exception e) when (e is StoreDamagedException or SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB })
        {
            return _options.StartFreshIfDamaged ? Fresh(e.Message) : throw Refusal(e);
        }
    }

    private StoreContent Open()
    {
        if (!File.Exists(_path))
        {
            if (_mark!.Database != Guid.Empty || _mark.IsDamaged || File.Exists(_path + "-wal"))
            {
                throw new StoreDamagedException("the file is gone, but there was one");
            }
            // Never below what another store may have given before.
            Database.Create(_path, Math.Max(_mark.Revision, _time.GetUtcNow().ToUnixTimeSeconds()), _time.GetUtcNow());
        }
        var (database, entries) = Database.Open(_path);
        try
        {
            if (Fault(database) is { } fault)
            {
                throw new StoreDamagedException(fault);
            }
            // Entries that nobody can read are damage too.
            StoredFleet.Read(new StoreContent(database.Version, database.Reserved, entries));
        }
        catch
        {
            database.Abandon();
            throw;
        }
        var content = new StoreContent(database.Version, database.Reserved, entries);
        try
        {
            BeginWriting(database);
            database.Write([], database.Version, database.Reserved + Database.Reserve);
            _database = database;
            Mark(database.Version);
            _metrics.SetAvailable(true);
        }
        catch (Exception e) when (IsFault(e))
        {
            // What is there can be trusted: decisions need no more. Changes are refused until the disk takes them.
            database.Abandon();
            Failed(e);
        }
        return content;
    }

    /// <summary>Keeps what was there under another name and begins with nothing.</summary>
    private StoreContent Fresh(string fault)
    {
        var kept = Aside();
        foreach (var part in Parts.Where(p => File.Exists(_path + p)))
        {
            File.Move(_path + part, kept + part);
        }
        File.Delete(_path + "-shm");
        var revision = Math.Max(_mark!.Revision + Database.Reserve, _time.GetUtcNow().ToUnixTimeSeconds());
        Database.Create(_path, revision, _time.GetUtcNow());
        var (database, entries) = Database.Open(_path);
        BeginWriting(database);
        database.Write([], database.Version, database.Reserved + Database.Reserve);
        _database = database;
        Mark(database.Version);
        _metrics.SetAvailable(true);
        LogFresh(_path, fault, kept);
        return new StoreContent(database.Version, revision, entries);
    }

    private StoreDamagedException Refusal(Exception e)
    {
        var what = e is SqliteException sqlite ? $"SQLite says: {sqlite.Message}" : e.Message;
        return new StoreDamagedException(
            $"the store {_path} cannot be trusted: {what}. {Copied()} Nothing was changed. Restore a backup (docs/operations.md), or start with "
            + $"--Athena:Store:StartFreshIfDamaged=true: then it is set aside and the service starts from its configuration alone.", e);
    }

    /// <summary>Copies what was found, once: a service that is started again and again must not fill the disk.</summary>
    private string Copied()
    {
        try
        {
            var found = Parts.Where(p => File.Exists(_path + p)).ToArray();
            if (found.Length == 0)
            {
                return "";
            }
            var folder = Path.GetDirectoryName(_path)!;
            var known = Directory.GetFiles(folder, $"{Path.GetFileName(_path)}.damaged-*").FirstOrDefault(f => found.All(p => IsSame(f + p, _path + p)));
            if (known is null)
            {
                known = Aside();
                foreach (var part in found)
                {
                    File.Copy(_path + part, known + part);
                }
            }
            return $"A copy is kept as {known}.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"It could not be copied ({e.Message}).";
        }
    }

    private string Aside() => $"{_path}.damaged-{_time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture)}";

    private static bool IsSame(string one, string other)
    {
        if (!File.Exists(one) || new FileInfo(one).Length != new FileInfo(other).Length)
        {
            return false;
        }
        return File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other));
    }
}
