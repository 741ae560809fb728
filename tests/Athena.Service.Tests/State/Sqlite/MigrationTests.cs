using System.Globalization;
using Athena.Engine.Farms;
using Athena.Service.State;
using Athena.Service.State.Sqlite;
using Microsoft.Data.Sqlite;

namespace Athena.Service.Tests.State.Sqlite;

/// <summary>A file of an older schema is brought up to the present one, and nothing in it is lost on the way.</summary>
public sealed class MigrationTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private string Kept => _folder.Path + ".schema-1";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_older_file_is_brought_up_and_kept_as_it_was()
    {
        var saved = await OlderAsync();
        var bytes = await File.ReadAllBytesAsync(_folder.Path);
        using (var store = _folder.Store())
        {
            var content = await store.LoadAsync(default);
            Assert.Equal(saved.Entries, content.Entries);
            Assert.Equal(saved.Version, content.Version);
            await store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [Server(99)]), default);
        }
        Assert.Equal("2", Scalar(_folder.Path, "PRAGMA user_version"));
        Assert.StartsWith("0.", Scalar(_folder.Path, "SELECT program FROM schemas WHERE version = 2"), StringComparison.Ordinal);
        Assert.Equal("1", Scalar(Kept, "PRAGMA user_version"));
        Assert.Equal("20", Scalar(Kept, "SELECT count(*) FROM entries"));
        Assert.Equal(bytes.Length, new FileInfo(Kept).Length);
        Assert.Equal(21, (await _folder.Store().LoadAsync(default)).Entries.Count);
    }

    [Fact]
    public async Task What_was_kept_can_be_put_back()
    {
        var saved = await OlderAsync();
        using (var store = _folder.Store())
        {
            await store.LoadAsync(default);
        }
        File.Move(Kept, _folder.Path, overwrite: true);
        using var again = _folder.Store();
        Assert.Equal(saved.Entries, (await again.LoadAsync(default)).Entries);
    }

    [Fact]
    public async Task A_damaged_older_file_is_refused_and_not_brought_up()
    {
        await OlderAsync();
        Run(_folder.Path, "DELETE FROM entries WHERE key = 'servers/s7'");
        var bytes = await File.ReadAllBytesAsync(_folder.Path);
        var error = await Assert.ThrowsAsync<StoreDamagedException>(() => _folder.Store().LoadAsync(default));
        Assert.Contains("missing or too many", error.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_folder.Path));
        Assert.False(File.Exists(Kept));
    }

    [Fact]
    public async Task Without_room_for_the_copy_what_is_there_is_used_and_changes_wait()
    {
        var saved = await OlderAsync();
        Directory.CreateDirectory(Kept);
        using var store = _folder.Store();
        var content = await store.LoadAsync(default);
        Assert.Equal(saved.Entries, content.Entries);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [Server(99)]), default));
        Directory.Delete(Kept);
        await store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [Server(99)]), default);
        Assert.Equal("2", Scalar(_folder.Path, "PRAGMA user_version"));
        Assert.Equal("20", Scalar(Kept, "SELECT count(*) FROM entries"));
    }

    [Fact]
    public async Task A_copy_that_was_begun_and_not_ended_is_made_anew()
    {
        await OlderAsync();
        await File.WriteAllTextAsync(Kept, "half");
        await File.WriteAllTextAsync(Kept + ".new", "half");
        using var store = _folder.Store();
        Assert.Equal(20, (await store.LoadAsync(default)).Entries.Count);
        Assert.Equal("20", Scalar(Kept, "SELECT count(*) FROM entries"));
    }

    [Fact]
    public async Task A_newer_file_is_refused_and_names_the_program_to_start()
    {
        using (var store = _folder.Store())
        {
            await store.LoadAsync(default);
        }
        Run(_folder.Path, "INSERT INTO schemas VALUES (3, '9.8.7', ''); PRAGMA user_version = 3");
        using (var store = _folder.Store())
        {
            var error = await Assert.ThrowsAsync<StoreNewerException>(() => store.LoadAsync(default));
            Assert.Contains("a newer version of Athena, 9.8.7 (schema 3; this one knows 2)", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("StartFreshIfDamaged", error.Message, StringComparison.Ordinal);
        }
        // Even one that has no such table any more.
        Run(_folder.Path, "DROP TABLE schemas");
        Assert.Contains("(schema 3; this one knows 2)", (await Assert.ThrowsAsync<StoreNewerException>(() => _folder.Store().LoadAsync(default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_file_is_no_damage_and_nothing_is_made_of_it_whatever_was_told_for_damage()
    {
        using (var store = _folder.Store())
        {
            await store.LoadAsync(default);
        }
        Run(_folder.Path, "PRAGMA user_version = 3");
        var before = await File.ReadAllBytesAsync(_folder.Path);
        using (var store = _folder.Store(startFresh: true))
        {
            var error = await Assert.ThrowsAsync<StoreNewerException>(() => store.LoadAsync(default));
            Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before, await File.ReadAllBytesAsync(_folder.Path));
        Assert.Empty(_folder.Damaged);
    }

    /// <summary>A file as the first schema had it, with 20 entries.</summary>
    private async Task<StoreContent> OlderAsync()
    {
        StoreContent saved;
        using (var store = _folder.Store())
        {
            var content = await store.LoadAsync(default);
            await store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [.. Enumerable.Range(0, 20).Select(Server)]), default);
            saved = await store.LoadAsync(default);
        }
        Run(_folder.Path, "DROP TABLE schemas; PRAGMA user_version = 1");
        // As another process would have left it.
        Run(_folder.Path, "PRAGMA journal_mode = DELETE; VACUUM");
        return saved;
    }

    private static KeyChange Server(int i)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"s{i}");
        return StoredFleet.Entity(false, name, RunTimeEntity.Created(new ServerDefinition(name, "http://127.0.0.1:9000")));
    }

    private static void Run(string path, string sql) => Scalar(path, sql);

    private static string Scalar(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }
}
