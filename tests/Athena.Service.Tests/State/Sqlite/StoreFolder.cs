using System.Diagnostics.Metrics;
using Athena.Service.State;
using Athena.Service.State.Sqlite;
using Athena.Service.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Athena.Service.Tests.State.Sqlite;

/// <summary>A folder with a store, as a process left it.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly List<SqliteStateStore> _stores = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("athena-store-").FullName;

    public string Path => System.IO.Path.Combine(_folder, "athena.db");

    public string Wal => Path + "-wal";

    public string Mark => Path + ".mark";

    public string[] Damaged => [.. Directory.GetFiles(_folder, "*.damaged-*").Where(f => !f.EndsWith("-wal", StringComparison.Ordinal))];

    /// <summary>A store on these files; the process's end is the test's.</summary>
    public SqliteStateStore Store(bool startFresh = false)
    {
        var options = Options.Create(new StoreOptions { Path = Path, StartFreshIfDamaged = startFresh });
        var store = new SqliteStateStore(options, TimeProvider.System, new StoreMetrics(new Meters()), NullLogger<SqliteStateStore>.Instance);
        _stores.Add(store);
        return store;
    }

    /// <summary>What a killed process would leave: the files as they are, while it still has them open.</summary>
    public StoreFolder Crash()
    {
        var left = new StoreFolder();
        // Another process copies: this one has them locked.
        using var copy = System.Diagnostics.Process.Start("cp", [.. Directory.GetFiles(_folder).Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)), left._folder]);
        copy.WaitForExit();
        return left;
    }

    public void Dispose()
    {
        foreach (var store in _stores)
        {
            store.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
