using Athena.Testing;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Integration.Tests.Resolution;

/// <summary>Decisions made ahead.</summary>
public sealed class AheadTests
{
    [Fact]
    public async Task A_server_switched_off_gets_no_request_that_began_after_the_change_was_answered()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var house = await House.StartAsync("/", "http://web/", ["--Gateway:DebugHeaders=true"], a, b);
        // Odd while the server is off, from the answer on.
        var (turn, ahead, late) = (0, 0, 0);
        Action<HttpResponseMessage> Begin()
        {
            var began = Volatile.Read(ref turn);
            return answer =>
            {
                if (answer.Headers.GetValues("Athena-Resolution").Single() == "ahead")
                {
                    Interlocked.Increment(ref ahead);
                }
                // Off since before it began.
                if (began % 2 == 1 && Volatile.Read(ref turn) == began && answer.Headers.GetValues("Athena-Server").Single() == "a")
                {
                    Interlocked.Increment(ref late);
                }
            };
        }
        await using var load = new Load(house.Gateway.Traffic, visitors: 24, Begin);
        await load.UntilAsync(_ => Volatile.Read(ref ahead) > 50);
        for (var i = 0; i < 25; i++)
        {
            await house.Athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
            Interlocked.Increment(ref turn);
            var seen = load.Answered;
            await load.UntilAsync(l => l.Answered > seen + 60);
            Interlocked.Increment(ref turn);
            await house.Athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.On });
            seen = load.Answered;
            await load.UntilAsync(l => l.Answered > seen + 60);
        }
        await load.StopAsync();
        Assert.Empty(load.Failures);
        Assert.Equal(0, late);
        // What nobody took is given back.
        await Deadline.UntilAsync(async () => await house.InFlightAsync("a") + await house.InFlightAsync("b"), inFlight => inFlight == 0);
    }

    [Fact]
    public async Task Ahead_can_be_switched_off()
    {
        await using var a = await Backend.StartAsync("a");
        await using var house = await House.StartAsync("/", "http://web/", ["--Gateway:DebugHeaders=true", "--Gateway:Ahead=false"], a);
        var other = 0;
        await using var load = new Load(house.Gateway.Traffic, visitors: 24, () => answer =>
            Interlocked.Add(ref other, answer.Headers.GetValues("Athena-Resolution").Single() == "service" ? 0 : 1));
        await load.UntilAsync(l => l.Answered > 500);
        await load.StopAsync();
        Assert.Equal(0, other);
    }

    [Fact]
    public async Task A_decision_may_not_be_kept_for_long()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token());
        await stream.RequestStream.WriteAsync(new()
        {
            Questions =
            {
                new BalanceQuestion { Id = 1, Request = new() { Farm = "web" }, Count = 3, Keep = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)) },
                new BalanceQuestion { Id = 2, Request = new() { Farm = "web" }, Count = 3, Keep = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(101)) },
            },
        });
        Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
        var answers = stream.ResponseStream.Current.Answers;
        Assert.Equal((3, 0, 3), (answers[0].Decisions.Count, answers[1].Decisions.Count, answers[1].Error.Code));
        Assert.Contains("keep", answers[1].Error.Message, StringComparison.Ordinal);
        await stream.RequestStream.CompleteAsync();
    }
}
