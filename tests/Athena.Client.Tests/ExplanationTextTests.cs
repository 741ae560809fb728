using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Client.Tests;

public class ExplanationTextTests
{
    [Fact]
    public void An_explained_decision_reads_as_a_table()
    {
        var since = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var told = new Explanation
        {
            Policy = "least_load",
            Rule = "two_choices",
            Tier = 0,
            Steps = { new PickStep { Purpose = "first", Bits = 5, Server = "app02" }, new PickStep { Purpose = "second", Bits = 7, Server = "app01" } },
            RunnersUp = { "app02" },
            Members =
            {
                new MemberExplanation
                {
                    Server = "app01", Eligible = true, Chosen = true, Compared = true, Weight = 2, InFlight = 3, Score = 2.75,
                    Terms = { new ScoreTerm { Name = "cpu", Value = 4, Age = Duration.FromTimeSpan(TimeSpan.FromSeconds(0.3)), Coefficient = 1 }, new ScoreTerm { Name = "cpu.hand_outs", Value = 3 } },
                },
                new MemberExplanation { Server = "app02", Eligible = true, Compared = true, Weight = 1, Score = 9, Terms = { new ScoreTerm { Name = "cpu", Value = 9, Assumed = true } } },
                new MemberExplanation
                {
                    Server = "app03", Weight = 1,
                    Causes = { new Cause { Kind = CauseKind.Off, Actor = "ann", Reason = "disk", SinceTime = since, UntilTime = since }, new Cause { Kind = CauseKind.CheckFailed, Actor = "athena", SinceTime = since } },
                },
                new MemberExplanation { Server = "app04", Weight = 1, Excluded = true },
            },
        };
        var decision = new BalanceResponse
        {
            Farm = "web",
            Server = "app01",
            Address = "http://10.0.0.1",
            Revision = 12,
            Seed = 42,
            Explanation = told,
            Hops = { new ForwardHop { From = "old", To = "web", Reason = ForwardReason.FarmOff } },
        };
        Assert.Equal(
            """
            farm web: app01 at http://10.0.0.1 (revision 12, seed 42)
            forwarded: old -> web, farm off
            policy least_load, rule two_choices, tier 0, the least score wins
            drawn: first 5 -> app02, second 7 -> app01
            next best: app02

               server  weight  in flight  score  why
            *  app01        2          3   2.75  cpu 4 (0.3 s old), cpu.hand_outs 3
               app02        1          0      9  cpu 9 assumed
            -  app03        1          0         off by ann since 2026-03-01 12:00:00Z until 2026-03-01 12:00:00Z: disk; check failed by athena since 2026-03-01 12:00:00Z
            -  app04        1          0         excluded by the caller

            """, ExplanationText.Of(decision));
    }

    [Fact]
    public void A_decision_that_does_not_explain_itself_is_one_line() =>
        Assert.Equal("farm web: https://sorry.example/ (revision 3, seed 0)\n", ExplanationText.Of(new BalanceResponse { Farm = "web", Url = "https://sorry.example/", Revision = 3 }));
}
