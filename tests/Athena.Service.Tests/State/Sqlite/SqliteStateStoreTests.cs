using System.Globalization;
using Athena.Engine.Farms;
using Athena.Service.State;
using Athena.Service.State.Sqlite;
using Microsoft.Data.Sqlite;

namespace Athena.Service.Tests.State.Sqlite;

public sealed class SqliteStateStoreTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_saved_is_there_after_the_process_is_gone()
    {
        var (left, saved) = await FilledAsync(_folder, 30);
        using (left)
        {
            var content = await left.Store().LoadAsync(default);
            Assert.Equal(saved.Entries, content.Entries);
            Assert.Equal(saved.Version, content.Version);
            Assert.True(content.Revision >= saved.Version);
        }
    }

    [Fact]
    public async Task Revisions_are_never_given_again()
    {
        long last = 0;
        for (var i = 0; i < 3; i++)
        {
            using var store = _folder.Store();
            var content = await store.LoadAsync(default);
            Assert.True(content.Revision > last);
            // Given for something that is not stored, such as a check that fails.
            last = content.Revision + Database.Reserve - 1;
            await store.TendAsync(last, default);
        }
    }

    [Fact]
    public async Task A_transaction_on_another_version_is_a_conflict()
    {
        using var store = _folder.Store();
        var content = await store.LoadAsync(default);
        await Assert.ThrowsAsync<StoreConflictException>(() => store.SaveAsync(new StoreTransaction(content.Version - 1, content.Version + 1, []), default));
    }

    [Fact]
    public async Task A_second_process_is_refused_and_the_file_named()
    {
        using var store = _folder.Store();
        await store.LoadAsync(default);
        var error = await Assert.ThrowsAsync<StoreDamagedException>(() => _folder.Store().LoadAsync(default));
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        Assert.Contains("another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        var options = Microsoft.Extensions.Options.Options.Create(new StoreOptions { Path = "/proc/athena/athena.db" });
        using var store = new SqliteStateStore(options, TimeProvider.System, new(new NoMeters()), Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteStateStore>.Instance);
        var error = await Assert.ThrowsAsync<StoreDamagedException>(() => store.LoadAsync(default));
        Assert.Contains("/proc/athena/athena.db", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("middle")]
    [InlineData("header")]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("gone")]
    [InlineData("wal removed")]
    [InlineData("wal cut")]
    [InlineData("wal of another")]
    [InlineData("older copy")]
    [InlineData("another database")]
    [InlineData("mark damaged")]
    [InlineData("unreadable entry")]
    public async Task A_store_that_cannot_be_trusted_stops_the_start_and_is_kept(string damage)
    {
        using var other = new StoreFolder();
        var (left, saved) = await FilledAsync(_folder, 40);
        using var kept = left;
        await DamageAsync(left, other, damage);
        var before = File.Exists(left.Path) ? await File.ReadAllBytesAsync(left.Path) : null;

        var error = await Assert.ThrowsAsync<StoreDamagedException>(() => left.Store().LoadAsync(default));
        Assert.Contains(left.Path, error.Message, StringComparison.Ordinal);
        Assert.Contains("StartFreshIfDamaged", error.Message, StringComparison.Ordinal);
        if (before is not null)
        {
            Assert.Equal(before, await File.ReadAllBytesAsync(left.Path));
            Assert.Equal(before, await File.ReadAllBytesAsync(Assert.Single(left.Damaged)));
        }
        left.Store().Dispose();
    }

    [Theory]
    [InlineData("middle")]
    [InlineData("empty")]
    [InlineData("gone")]
    [InlineData("wal removed")]
    [InlineData("mark damaged")]
    public async Task Told_so_the_service_starts_from_nothing_and_keeps_what_was_there(string damage)
    {
        using var other = new StoreFolder();
        var (left, saved) = await FilledAsync(_folder, 40);
        using var kept = left;
        await DamageAsync(left, other, damage);
        using var store = left.Store(startFresh: true);
        var content = await store.LoadAsync(default);
        Assert.Empty(content.Entries);
        Assert.True(damage == "mark damaged" || content.Revision >= saved.Version);
        Assert.Equal(damage == "gone" ? 0 : 1, left.Damaged.Length);
        await store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [Change(1, "a")]), default);
    }

    [Fact]
    public async Task A_sound_store_is_used_whatever_the_switch_says()
    {
        var (left, saved) = await FilledAsync(_folder, 5);
        using (left)
        {
            Assert.Equal(saved.Entries, (await left.Store(startFresh: true).LoadAsync(default)).Entries);
        }
    }

    [Fact]
    public async Task No_changed_bit_changes_what_is_read()
    {
        var (left, saved) = await FilledAsync(_folder, 20);
        using var _ = left;
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        foreach (var file in new[] { left.Path, left.Wal })
        {
            var good = await File.ReadAllBytesAsync(file);
            for (var i = 0; i < 60; i++)
            {
                using var copy = left.Crash();
                var bit = random.Next(good.Length * 8);
                var bytes = (byte[])good.Clone();
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                await File.WriteAllBytesAsync(file == left.Path ? copy.Path : copy.Wal, bytes);
                try
                {
                    var content = await copy.Store().LoadAsync(default);
                    Assert.True(saved.Entries.OrderBy(e => e.Key, StringComparer.Ordinal).SequenceEqual(content.Entries.OrderBy(e => e.Key, StringComparer.Ordinal)) && saved.Version == content.Version,
                        $"bit {bit} of {Path.GetFileName(file)} was not noticed; seed {seed}");
                }
                catch (StoreDamagedException)
                {
                    // Refused: as it should be.
                }
            }
        }
    }

    [Fact]
    public async Task A_file_that_goes_away_under_the_process_refuses_changes_until_it_is_back()
    {
        using var store = _folder.Store();
        var content = await store.LoadAsync(default);
        File.Move(_folder.Path, _folder.Path + ".elsewhere");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [Change(1, "a")]), default));
        File.Move(_folder.Path + ".elsewhere", _folder.Path);
        await store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [Change(1, "a")]), default);
        Assert.Single((await store.LoadAsync(default)).Entries);
    }

    /// <summary>A store with entries, as a killed process left it.</summary>
    private static async Task<(StoreFolder Left, StoreContent Saved)> FilledAsync(StoreFolder folder, int changes, string actor = "ann")
    {
        using var store = folder.Store();
        var content = await store.LoadAsync(default);
        var version = content.Version;
        for (var i = 1; i <= changes; i++)
        {
            await store.SaveAsync(new StoreTransaction(version, content.Revision + i, [Change(i, actor), StoredFleet.Entity(false, $"s{i % 7}", RunTimeEntity.Created(new ServerDefinition($"s{i % 7}", $"http://127.0.0.1:{9000 + i}")))]), default);
            version = content.Revision + i;
        }
        return (folder.Crash(), await store.LoadAsync(default));
    }

    private static KeyChange Change(int id, string actor)
    {
        var change = new StateChange { Server = "a", Admin = AdminState.Off, Actor = actor, Reason = new string('x', 100) };
        return StoredFleet.Change(new OperatorChange(id, id, DateTimeOffset.UnixEpoch, change, FleetStates.Normal.Of(null, "a"), FleetStates.Normal.Of(null, "a"), 0));
    }

    private static async Task DamageAsync(StoreFolder left, StoreFolder other, string damage)
    {
        switch (damage)
        {
            case "middle":
                // The log is carried into the file first, so that the middle is in use.
                await SettleAsync(left);
                Overwrite(left.Path, new FileInfo(left.Path).Length / 2 / 4096 * 4096, [255, 255, 255, 255, 255, 255, 255, 255]);
                break;
            case "header":
                Overwrite(left.Path, 0, new byte[16]);
                break;
            case "cut":
                await SettleAsync(left);
                Resize(left.Path, new FileInfo(left.Path).Length / 3);
                break;
            case "empty":
                Resize(left.Path, 0);
                break;
            case "gone":
                File.Delete(left.Path);
                File.Delete(left.Wal);
                break;
            case "wal removed":
                File.Delete(left.Wal);
                break;
            case "wal cut":
                Resize(left.Wal, 64);
                break;
            case "wal of another":
                var (foreign, _) = await FilledAsync(other, 40, "bob");
                File.Copy(foreign.Wal, left.Wal, overwrite: true);
                foreign.Dispose();
                break;
            case "older copy":
                // A copy from before the last change, sound in itself.
                using (var older = left.Crash())
                {
                    using (var store = left.Store())
                    {
                        var content = await store.LoadAsync(default);
                        await store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [Change(99, "ann")]), default);
                    }
                    File.Copy(older.Path, left.Path, overwrite: true);
                    File.Copy(older.Wal, left.Wal, overwrite: true);
                }
                break;
            case "another database":
                var (stranger, _) = await FilledAsync(other, 40, "bob");
                File.Copy(stranger.Path, left.Path, overwrite: true);
                File.Copy(stranger.Wal, left.Wal, overwrite: true);
                stranger.Dispose();
                break;
            case "mark damaged":
                Overwrite(left.Mark, 20, [1, 2, 3]);
                break;
            default:
                await SettleAsync(left);
                using (var store = left.Store())
                {
                    var content = await store.LoadAsync(default);
                    await store.SaveAsync(new StoreTransaction(content.Version, content.Revision + 1, [new KeyChange("farms/web", "{\"what\":1}")]), default);
                }
                break;
        }
    }

    private static async Task SettleAsync(StoreFolder folder)
    {
        using var store = folder.Store();
        await store.LoadAsync(default);
    }

    private static void Run(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void Overwrite(string path, long at, byte[] bytes)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, bytes, at);
    }

    private static void Resize(string path, long length)
    {
        using var file = File.Open(path, FileMode.Open);
        file.SetLength(length);
    }

    private sealed class NoMeters : System.Diagnostics.Metrics.IMeterFactory
    {
        public System.Diagnostics.Metrics.Meter Create(System.Diagnostics.Metrics.MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
