using Athena.Testing;

namespace Athena.Integration.Tests.Edge;

public sealed class SmugglingTests(EdgeFixture edge) : SmugglingTestsOf<EdgeFixture>(edge);

public sealed class FarmSmugglingTests(FarmEdgeFixture edge) : SmugglingTestsOf<FarmEdgeFixture>(edge);

public abstract class SmugglingTestsOf<T>(T edge) : IClassFixture<T>
    where T : EdgeFixture
{
    [Fact]
    public async Task What_is_ambiguous_gets_400_and_a_closed_connection_and_no_server_sees_it()
    {
        var corpus = Http1Corpus.All().ToArray();
        Assert.InRange(corpus.Length, 300, 1000);
        var wrong = new List<string>();
        await Parallel.ForEachAsync(corpus, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (one, _) =>
        {
            var answer = await RawConnection.ExchangeAsync(edge.Traffic, one.Bytes);
            if (!answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal) || Count(answer, "HTTP/1.1 ") != 1)
            {
                lock (wrong)
                {
                    wrong.Add($"{one.Name}: {answer}");
                }
            }
        });
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.Empty(edge.Backend.Requests);
        Assert.Empty(edge.Backend.Faults);
        Assert.DoesNotContain("smuggled", edge.Backend.Bytes, StringComparison.Ordinal);
        // The gateway is none the worse for it.
        Assert.Equal("ok", await edge.Gateway.Traffic.GetStringAsync("/"));
        Assert.Single(edge.Backend.Requests);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
