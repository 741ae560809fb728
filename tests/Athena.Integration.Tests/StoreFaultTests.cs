using System.Globalization;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Athena.Integration.Tests;

/// <summary>A disk that fails to sync and to write: what was answered stays, what was refused never comes, and the service mends itself.</summary>
public sealed class StoreFaultTests : IDisposable
{
    private const string Syncs = "fsync,fdatasync";
    private readonly string _folder = Directory.CreateTempSubdirectory("athena-fault-").FullName;
    private readonly List<string> _answered = [];
    private readonly List<string> _refused = [];
    private int _asked;

    static StoreFaultTests() => SQLitePCL.Batteries_V2.Init();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task While_syncs_fail_changes_are_refused_and_said_decisions_go_on_and_changes_resume_by_themselves()
    {
        Assert.SkipUnless(SyscallFaults.IsPossible, "strace is not installed");
        await using (var athena = await StartAsync())
        {
            await ChangeAsync(athena);
            await using (var faults = await SyscallFaults.BeginAsync(athena.Process, Syncs, "error=EIO"))
            {
                for (var i = 0; i < 10; i++)
                {
                    Assert.False(await ChangeAsync(athena), "a change was answered although nothing can be synced");
                    Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
                }
                Assert.True(faults.Count > 0, "no sync was asked for");
                await athena.Process.LineAsync(l => l.Contains("changes are refused until it works again", StringComparison.Ordinal));
                Assert.Matches("athena_store_available\\{[^}]*\\} 0", await athena.Http.GetStringAsync("/metrics"));
                await athena.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["queue"] = 1 } });
            }
            await Deadline.UntilAsync(() => ChangeAsync(athena), made => made);
            await CheckAsync(athena);
            athena.Process.Signal(ChildProcess.SigKill);
            await athena.Process.ExitCodeAsync();
        }
        await using (var athena = await StartAsync())
        {
            await CheckAsync(athena);
        }
    }

    /// <summary>Syncs and writes that fail now and then, each time at another place of the way to the disk.</summary>
    [Theory]
    [InlineData(Syncs, "error=EIO:when=4+9")]
    [InlineData(Syncs, "error=EIO:when=9+16")]
    [InlineData("pwrite64", "error=EIO:when=17+43")]
    [InlineData("pwrite64", "error=ENOSPC:when=30+71")]
    public async Task What_was_answered_is_kept_and_what_was_refused_never_comes_whatever_fails_in_between(string calls, string fault)
    {
        Assert.SkipUnless(SyscallFaults.IsPossible, "strace is not installed");
        for (var round = 0; round < 2; round++)
        {
            await using var athena = await StartAsync();
            await CheckAsync(athena);
            await using (var faults = await SyscallFaults.BeginAsync(athena.Process, calls, fault))
            {
                // strace counts calls by thread: the more threads take part, the more changes until one of them fails.
                for (var i = 0; i < 30 || (faults.Count == 0 && i < 3000); i++)
                {
                    await ChangeAsync(athena);
                }
                Assert.True(faults.Count > 0, $"{faults.Count} faults say little");
            }
            // Not while strace holds its threads: then neither ends.
            athena.Process.Signal(ChildProcess.SigKill);
            await athena.Process.ExitCodeAsync();
        }
        await using var last = await StartAsync();
        await CheckAsync(last);
        Assert.True(_answered.Count > 10, $"{_answered.Count} answered changes say little");
    }

    /// <summary>Every sixteenth write of the way; every one with ATHENA_TEST_KILLS set.</summary>
    [Fact]
    public async Task Killed_while_an_older_file_is_brought_up_nothing_is_lost_and_the_next_start_ends_it()
    {
        Assert.SkipUnless(SyscallFaults.IsPossible, "strace is not installed");
        await using (var athena = await StartAsync())
        {
            for (var i = 0; i < 20; i++)
            {
                await ChangeAsync(athena);
            }
            athena.Process.Signal(ChildProcess.SigTerm);
            await athena.Process.ExitCodeAsync();
        }
        Scalar("DROP TABLE schemas; PRAGMA user_version = 1");
        var older = Directory.CreateDirectory(Path.Combine(_folder, "older")).FullName;
        string[] files = ["athena.db", "athena.db.mark"];
        Array.ForEach(files, f => File.Copy(Path.Combine(_folder, f), Path.Combine(older, f)));
        var (kills, step) = (0, Environment.GetEnvironmentVariable("ATHENA_TEST_KILLS") is null ? 16 : 1);
        for (var write = 1; ; write += step)
        {
            foreach (var left in Directory.GetFiles(_folder))
            {
                File.Delete(left);
            }
            Array.ForEach(files, f => File.Copy(Path.Combine(older, f), Path.Combine(_folder, f)));
            await using (var dies = SyscallFaults.Start("pwrite64", $"signal=KILL:when={write}", "Athena.Service", $"--Athena:Store:Path={Path.Combine(_folder, "athena.db")}", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0"))
            {
                if (!await dies.DiesAsync("Now listening"))
                {
                    break;
                }
            }
            kills++;
            await using var athena = await StartAsync();
            await CheckAsync(athena);
            Assert.Equal("2", Scalar("PRAGMA user_version"));
        }
        Assert.True(kills > 1, $"{kills} kills say little");
    }

    /// <returns>Whether it was answered.</returns>
    private async Task<bool> ChangeAsync(AthenaHost athena)
    {
        var reason = (++_asked).ToString(CultureInfo.InvariantCulture);
        try
        {
            await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann", Reason = reason });
            _answered.Add(reason);
            return true;
        }
        catch (RpcException e)
        {
            var info = e.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>();
            Assert.Contains(info?.Reason, new[] { "STORE_UNAVAILABLE", "STORE_FULL" });
            if (!info!.Metadata.ContainsKey("made"))
            {
                _refused.Add(reason);
            }
            return false;
        }
    }

    private async Task CheckAsync(AthenaHost athena)
    {
        var listed = (await athena.Fleet.ListChangesAsync(new() { PageSize = 1000 })).Changes.Select(c => c.Reason).ToArray();
        Assert.Empty(_answered.Except(listed));
        Assert.Empty(_refused.Intersect(listed));
        Assert.Equal(listed.Length, listed.Distinct().Count());
        Assert.Equal(listed.FirstOrDefault(), (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Causes.SingleOrDefault()?.Reason);
    }

    private string Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "athena.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }

    private Task<AthenaHost> StartAsync() =>
        AthenaHost.StartAsync(Fleets.Of("web", "a", "b"), "--Athena:Store:Kind=sqlite", $"--Athena:Store:Path={Path.Combine(_folder, "athena.db")}");
}
