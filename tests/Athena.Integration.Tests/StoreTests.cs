using System.Diagnostics;
using System.Globalization;
using Athena.Testing;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>What operators did is there after the process is gone, and a store that fails says so while decisions go on.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athena-store-").FullName;

    private string Database => Path.Combine(_folder, "athena.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Everything_that_operators_did_survives_a_restart()
    {
        long revision, id;
        var request = new CreateFarmRequest { Farm = new() { Name = "shop", Members = { new Member { Server = "extra" } } }, RequestId = "6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a" };
        CreateFarmResponse made;
        await using (var athena = await StartAsync())
        {
            await athena.Fleet.CreateServerAsync(new() { Server = new() { Name = "extra", Address = "http://127.0.0.1:9100", Labels = { ["zone"] = "b" } }, Actor = "ann" });
            made = await athena.Fleet.CreateFarmAsync(request);
            await athena.Fleet.UpdateFarmAsync(new() { Farm = new() { Name = "web", Members = { new Member { Server = "a", Weight = 4 }, new Member { Server = "b" } } } });
            await athena.Fleet.SetForwardAsync(new() { Farm = "web", Forwards = new() { Down = "shop" }, Actor = "cid" });
            await athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "b", State = AdminState.Drain, Actor = "bob", Reason = "disk" });
            // Ends while the service is down.
            await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "dan", UntilTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(1)) });
            revision = (await athena.Fleet.SetMemberStateAsync(new() { Server = "b", Health = HealthState.Down, Actor = "eve", Reason = "smoke" })).Revision;
            id = (await athena.Fleet.ListChangesAsync(new())).Changes[0].Id;
            athena.Process.Signal(ChildProcess.SigKill);
            await athena.Process.ExitCodeAsync();
        }
        await using (var athena = await StartAsync())
        {
            var web = (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm;
            Assert.Equal((4u, "shop", AdminState.Drain, Origin.Changed), (web.Members[0].Weight, web.Forwards.Down, web.Members[1].Admin, web.Origin));
            var b = (await athena.Fleet.GetServerAsync(new() { Server = "b" })).Server.Status;
            Assert.Equal(("eve", "smoke"), (b.Causes.Single().Actor, b.Causes.Single().Reason));
            Assert.Equal("b", (await athena.Fleet.GetServerAsync(new() { Server = "extra" })).Server.Labels["zone"]);
            using var watch = athena.Watch.WatchHealth(new() { Servers = { "a" } }, cancellationToken: Deadline.Token());
            await foreach (var message in watch.ResponseStream.ReadAllAsync(Deadline.Token()))
            {
                if ((message.Snapshot?.Servers[0].Status ?? message.Change?.Server?.NewStatus)?.Admin == AdminState.On)
                {
                    break;
                }
            }
            var repeated = await athena.Fleet.CreateFarmAsync(request);
            Assert.Equal((made.Revision, "shop", 1), (repeated.Revision, repeated.Farm.Name, repeated.Farm.Members.Count));
            Assert.True((await athena.Fleet.ListFarmsAsync(new())).Revision > revision);

            var changes = (await athena.Fleet.ListChangesAsync(new())).Changes;
            Assert.Equal((id, "eve", 7), (changes[0].Id, changes[0].Actor, changes.Count));
            var undone = await athena.Fleet.UndoChangeAsync(new() { Id = id });
            Assert.Equal((id + 1, id), (undone.Change.Id, undone.Change.Undoes));
        }
        await using (var athena = await StartAsync())
        {
            Assert.Equal(HealthState.Up, (await athena.Fleet.GetServerAsync(new() { Server = "b" })).Server.Status.Health);
        }
    }

    /// <summary>500 with ATHENA_TEST_KILLS=500.</summary>
    [Fact]
    public async Task No_answered_change_is_lost_and_none_is_half_made_by_kills()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("ATHENA_TEST_KILLS"), CultureInfo.InvariantCulture, out var asked) ? asked : 50;
        var random = new Random(kills);
        string[] servers = ["a", "b"];
        var answered = new Dictionary<string, long> { ["a"] = 0, ["b"] = 0 };
        var (counter, revision, lastId, total) = (0L, 0L, 0L, 0L);
        var underWay = ("", 0L);
        for (var kill = 0; kill <= kills; kill++)
        {
            // The start checks every entry and SQLite's structures; a store that is not sound ends it.
            await using var athena = await StartAsync();
            var latest = (await athena.Fleet.ListChangesAsync(new(), deadline: End())).Changes;
            Assert.All(latest.Zip(latest.Skip(1)), p => Assert.Equal(p.First.Id, p.Second.Id + 1));
            foreach (var server in servers)
            {
                var present = Number((await athena.Fleet.GetServerAsync(new() { Server = server }, deadline: End())).Server.Status.Causes.SingleOrDefault()?.Reason);
                Assert.True(present == answered[server] || (underWay.Item1 == server && present == underWay.Item2), $"kill {kill}: server {server} has {present}, answered was {answered[server]}");
                Assert.Equal(present, Number(latest.FirstOrDefault(c => c.Server == server)?.Reason));
                answered[server] = present;
            }
            Assert.True(latest.Count == 0 || latest[0].Id >= lastId);
            Assert.True((await athena.Fleet.ListFarmsAsync(new(), deadline: End())).Revision > revision);
            if (kill == kills)
            {
                break;
            }
            var dies = KillAsync(athena.Process, random.Next(40, 200));
            try
            {
                while (true)
                {
                    var server = servers[counter % 2];
                    underWay = (server, ++counter);
                    var state = counter % 3 == 0 ? AdminState.Drain : AdminState.Off;
                    revision = (await athena.Fleet.SetMemberStateAsync(new() { Server = server, State = state, Actor = "ann", Reason = counter.ToString(CultureInfo.InvariantCulture) }, deadline: End())).Revision;
                    answered[server] = counter;
                    total++;
                    lastId = latest.Count == 0 ? 0 : latest[0].Id;
                }
            }
            catch (RpcException e) when (e.StatusCode != StatusCode.DeadlineExceeded)
            {
                await dies.WaitAsync(Deadline.Generous);
                await athena.Process.ExitCodeAsync();
            }
            catch (RpcException e)
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"kill {kill} ({dies.Status}): no answer to change {counter}: {e.Status.Detail}; {ThreadPool.ThreadCount} threads, {ThreadPool.PendingWorkItemCount} waiting. The service said:\n{athena.Process.Output}"));
            }
        }
        Assert.True(total > kills * 2, $"{total} answered changes say little");
    }

    [Fact]
    public async Task A_full_disk_refuses_changes_while_decisions_go_on_and_changes_resume_by_themselves()
    {
        await using var disk = await SmallDisk.MountAsync(_folder);
        Assert.SkipWhen(disk is null, "mounting a small file system needs root");
        var filler = Path.Combine(disk!.Path, "filler");
        var answered = 0;
        await using (var athena = await StartAsync(disk.Path))
        {
            await ChangeAsync(athena, ++answered);
            Fill(filler);
            var error = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    await ChangeAsync(athena, answered + 1);
                    answered++;
                }
            });
            Assert.Equal((StatusCode.ResourceExhausted, "STORE_FULL"), (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));
            Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
            var metrics = await athena.Http.GetStringAsync("/metrics");
            Assert.Matches("athena_store_writes_total\\{[^}]*result=\"refused\"[^}]*\\} [1-9]", metrics);
            // Seconds, not the milliseconds that libraries expect.
            Assert.Matches("athena_store_write_duration_seconds_bucket\\{[^}]*le=\"0\\.0025\"\\}", metrics);
            File.Delete(filler);
            await ChangeAsync(athena, ++answered);
            athena.Process.Signal(ChildProcess.SigKill);
            await athena.Process.ExitCodeAsync();
        }
        await using (var athena = await StartAsync(disk.Path))
        {
            Assert.Equal(answered, Number((await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Causes.Single().Reason));
        }
    }

    [Fact]
    public async Task A_second_service_on_the_file_and_an_emptied_file_stop_the_start_with_a_clear_word()
    {
        await using (await StartAsync())
        {
            Assert.Contains("another process has it", await RefusedAsync(), StringComparison.Ordinal);
        }
        await File.WriteAllBytesAsync(Database, []);
        var word = await RefusedAsync();
        Assert.Contains("the file is empty", word, StringComparison.Ordinal);
        Assert.Contains(Database, word, StringComparison.Ordinal);
        await using var fresh = await StartAsync(_folder, "--Athena:Store:StartFreshIfDamaged=true");
        // The copy of the refusal, and the file itself.
        Assert.Equal(2, Directory.GetFiles(_folder, "*.damaged-*").Count(f => !f.EndsWith("-wal", StringComparison.Ordinal) && new FileInfo(f).Length == 0));
    }

    /// <summary>No call of the loop waits without end: one that does says where it was.</summary>
    private static DateTime End() => DateTime.UtcNow + Deadline.Generous;

    private static long Number(string? reason) => long.Parse(reason ?? "0", CultureInfo.InvariantCulture);

    private static async Task KillAsync(ChildProcess process, int milliseconds)
    {
        // The instant is what is tried here: any will do.
        await Task.Delay(milliseconds);
        process.Signal(ChildProcess.SigKill);
    }

    private static async Task ChangeAsync(AthenaHost athena, int number) =>
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann", Reason = number.ToString(CultureInfo.InvariantCulture) });

    private static void Fill(string path)
    {
        using var file = File.Create(path, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private Task<AthenaHost> StartAsync() => StartAsync(_folder);

    private static Task<AthenaHost> StartAsync(string folder, params string[] more) =>
        AthenaHost.StartAsync(Fleets.Of("web", "a", "b"), ["--Athena:Store:Kind=sqlite", $"--Athena:Store:Path={Path.Combine(folder, "athena.db")}", .. more]);

    private async Task<string> RefusedAsync()
    {
        await using var process = ChildProcess.Start("Athena.Service", "--Athena:Store:Kind=sqlite", $"--Athena:Store:Path={Database}", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0");
        Assert.Equal(1, await process.ExitCodeAsync());
        return process.Output;
    }

    /// <summary>A file system of 3 MiB in memory.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        public required string Path { get; init; }

        public static async Task<SmallDisk?> MountAsync(string folder)
        {
            var path = System.IO.Path.Combine(folder, "small");
            Directory.CreateDirectory(path);
            return OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", path) ? new SmallDisk { Path = path } : null;
        }

        public async ValueTask DisposeAsync() => await RunAsync("umount", Path);

        private static async Task<bool> RunAsync(string program, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
                await process.WaitForExitAsync(Deadline.Token());
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}
