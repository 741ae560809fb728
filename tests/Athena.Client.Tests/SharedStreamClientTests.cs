using System.Net;
using System.Net.Sockets;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Client.Tests;

public sealed class SharedStreamClientTests
{
    [Fact]
    public async Task Many_callers_share_one_stream_and_each_gets_its_answer()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var client = Patient(athena);
        await using var stream = new SharedStreamClient(client);
        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => stream.BalanceAsync(new BalanceRequest { Farm = "web", Exclude = { i % 2 == 0 ? "a" : "b" } })));
        Assert.All(answers.Select((a, i) => (a.Server, i)), a => Assert.Equal(a.i % 2 == 0 ? "b" : "a", a.Server));
        Assert.Equal(500, answers.Select(a => a.DecisionId).Distinct().Count());
    }

    [Fact]
    public async Task A_failure_is_its_own_askers_alone()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var client = Patient(athena);
        await using var stream = new SharedStreamClient(client);
        var good = stream.BalanceAsync(new BalanceRequest { Farm = "web" });
        var bad = stream.BalanceAsync(new BalanceRequest { Farm = "wep" });
        Assert.Equal("a", (await good).Server);
        var error = await Assert.ThrowsAsync<AthenaException>(() => bad);
        Assert.Equal(("FARM_NOT_FOUND", "web"), (error.Reason, error.Metadata["suggestion"]));
    }

    [Fact]
    public async Task Outcomes_end_leases_and_so_does_the_end_of_the_stream()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var client = Patient(athena);
        await using (var stream = new SharedStreamClient(client))
        {
            var first = await stream.BalanceAsync(new BalanceRequest { Farm = "web", Lease = true });
            await stream.BalanceAsync(new BalanceRequest { Farm = "web", Lease = true });
            Assert.Equal(2, await InFlightAsync(athena));
            stream.Report(new Outcome { DecisionId = first.DecisionId, Kind = OutcomeKind.Success });
            await Deadline.UntilAsync(() => InFlightAsync(athena), inFlight => inFlight == 1);
        }
        await Deadline.UntilAsync(() => InFlightAsync(athena), inFlight => inFlight == 0);
    }

    [Fact]
    public async Task A_lease_that_came_after_its_asker_had_gone_is_given_back()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var client = Patient(athena);
        await using var stream = new SharedStreamClient(client);
        using var gone = new CancellationTokenSource();
        var asked = stream.BalanceAsync(new BalanceRequest { Farm = "web", Lease = true }, gone.Token);
        await gone.CancelAsync();
        await asked.ContinueWith(_ => { }, TaskScheduler.Default);
        // Either the answer won the race, or it is given back when it comes; a question asked afterwards is answered after it.
        await stream.BalanceAsync(new BalanceRequest { Farm = "web" });
        if (asked.IsCompletedSuccessfully)
        {
            stream.Report(new Outcome { DecisionId = (await asked).DecisionId, Kind = OutcomeKind.Cancelled });
        }
        await Deadline.UntilAsync(() => InFlightAsync(athena), inFlight => inFlight == 0);
    }

    [Fact]
    public async Task A_service_that_goes_away_fails_who_waits_and_serves_again_when_it_is_back()
    {
        await using var first = await AthenaHost.WithAsync("web", "a");
        await using var second = await AthenaHost.WithAsync("web", "b");
        using var client = new AthenaClient(new AthenaClientOptions { Addresses = [first.GrpcAddress.ToString(), second.GrpcAddress.ToString()], Timeout = Deadline.Generous });
        await using var stream = new SharedStreamClient(client);
        Assert.Equal("a", (await stream.BalanceAsync(new BalanceRequest { Farm = "web" })).Server);
        first.Process.Signal(ChildProcess.SigKill);
        // Whoever asks while the stream breaks is told so; from some question on the other replica answers.
        var server = await Deadline.UntilAsync(async () =>
        {
            try
            {
                return (await stream.BalanceAsync(new BalanceRequest { Farm = "web" })).Server;
            }
            catch (AthenaException e)
            {
                Assert.Equal((StatusCode.Unavailable, ""), (e.StatusCode, e.Reason));
                return "";
            }
        }, server => server.Length > 0);
        Assert.Equal("b", server);
    }

    [Fact]
    public async Task However_often_the_way_is_cut_under_load_whoever_asks_afterwards_is_answered()
    {
        const int Cuts = 8;
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await using var relay = new TcpRelay(athena.GrpcAddress);
        using var client = new AthenaClient(new AthenaClientOptions { Addresses = [relay.Address.ToString()], Timeout = Deadline.Generous });
        await using var stream = new SharedStreamClient(client);
        using var ending = new CancellationTokenSource();
        var answered = 0L;
        var asking = Enumerable.Range(0, 32).Select(i => Task.Run(async () =>
        {
            // Each asks for a server of its own, so that another's answer would show.
            var (request, expected) = (new BalanceRequest { Farm = "web", Exclude = { i % 2 == 0 ? "a" : "b" } }, i % 2 == 0 ? "b" : "a");
            while (!ending.IsCancellationRequested)
            {
                try
                {
                    Assert.Equal(expected, (await stream.BalanceAsync(request)).Server);
                    Interlocked.Increment(ref answered);
                }
                catch (AthenaException e) when (e.StatusCode == StatusCode.Unavailable)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(5));
                }
            }
        })).ToArray();
        for (var cut = 0; cut < Cuts; cut++)
        {
            var before = Interlocked.Read(ref answered);
            await Deadline.UntilAsync(() => Task.FromResult(Interlocked.Read(ref answered)), now => now > before + 500);
            relay.Cut();
            relay.Mend();
        }
        var last = Interlocked.Read(ref answered);
        await Deadline.UntilAsync(() => Task.FromResult(Interlocked.Read(ref answered)), now => now > last + 500);
        await ending.CancelAsync();
        await Task.WhenAll(asking).WaitAsync(Deadline.Generous);
    }

    [Fact]
    public async Task An_asker_who_waits_for_another_question_where_he_is_answered_holds_up_nobody()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var client = Patient(athena);
        await using var stream = new SharedStreamClient(client);
        var asking = Enumerable.Range(0, 4).Select(async _ =>
        {
            await stream.BalanceAsync(new BalanceRequest { Farm = "web" });
            // Not good manners, but it must work.
            return stream.BalanceAsync(new BalanceRequest { Farm = "web" }).GetAwaiter().GetResult().Server;
        });
        Assert.All(await Task.WhenAll(asking).WaitAsync(Deadline.Generous), server => Assert.Equal("a", server));
    }

    [Fact]
    public async Task Large_questions_that_wait_together_travel_in_several_messages()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var client = Patient(athena);
        await using var stream = new SharedStreamClient(client);
        // 10 MB, of which the service takes 4 in a message.
        var request = new BalanceRequest { Farm = "web", Steering = new string('t', 10_000) };
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => stream.BalanceAsync(request))).WaitAsync(Deadline.Generous);
        Assert.All(answers, answer => Assert.Equal("a", answer.Server));
    }

    [Fact]
    public async Task Who_has_waited_for_something_else_waits_only_the_rest_of_the_timeout()
    {
        // Nobody ever answers here.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var (time, passed) = (new FakeTimeProvider(), TimeSpan.Zero);
        var (timeout, waited, look) = (TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(50), TimeSpan.FromMilliseconds(250));
        using var client = new AthenaClient(new AthenaClientOptions { Addresses = [$"http://{silent.LocalEndpoint}"], Timeout = timeout });
        var stream = new SharedStreamClient(client, time);
        var since = time.GetTimestamp();
        time.Advance(waited);
        var asked = stream.BalanceAsync(new BalanceRequest { Farm = "web" }, since, default);
        // Time goes on until it would have ended twice over, but not so far as a time-out of its own.
        await Deadline.UntilAsync(() =>
        {
            if (passed < timeout - waited + waited / 2)
            {
                time.Advance(look);
                passed += look;
            }
            return Task.FromResult(asked.IsCompleted);
        }, isOver => isOver);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<AthenaException>(() => asked)).StatusCode);
        var closing = stream.DisposeAsync().AsTask();
        await Deadline.UntilAsync(() =>
        {
            time.Advance(timeout);
            return Task.FromResult(closing.IsCompleted);
        }, isOver => isOver);
    }

    private static AthenaClient Patient(AthenaHost athena) => new(new AthenaClientOptions { Addresses = [athena.GrpcAddress.ToString()], Timeout = Deadline.Generous });

    private static async Task<long> InFlightAsync(AthenaHost athena) => (await athena.Stats.GetStatsAsync(new() { Server = "a" })).InFlight;
}
