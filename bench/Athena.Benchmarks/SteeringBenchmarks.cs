using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Athena.Engine;
using Athena.Engine.Leases;
using Athena.Engine.Steering;
using BenchmarkDotNet.Attributes;

namespace Athena.Benchmarks;

/// <summary>A decision without a steering token, with one that was seen before, with one that was not, and with a forged one.</summary>
public class SteeringBenchmarks
{
    private const int Tokens = 200_000;

    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    private Balancer _balancer = null!;
    private BalanceQuery _plain;
    private BalanceQuery _seen;
    private BalanceQuery _forged;
    private string[] _new = null!;
    private int _next;

    /// <summary>Prepares the farm and the tokens; more of them than the cache keeps, so that none is there when its turn comes again.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var snapshot = Fleets.Make(Fleets.RoundRobin, 10);
        var steering = new SteeringVerifier(TimeProvider.System);
        steering.Use(new SteeringSettings { Keys = [new SteeringKey("k1", Secret)] });
        _balancer = new Balancer(Fleets.Hold(snapshot), new LeaseTable(TimeProvider.System), steering);
        _plain = new BalanceQuery(new string(Fleets.Farm.AsSpan()));
        _seen = _plain with { Steering = Token(snapshot.Servers[0].Name, -1) };
        _forged = _plain with { Steering = _seen.Steering![..^2] + "AA" };
        _new = [.. Enumerable.Range(0, Tokens).Select(i => Token(snapshot.Servers[0].Name, i))];
    }

    /// <summary>No token.</summary>
    [Benchmark(Baseline = true)]
    public Decision Without() => _balancer.Decide(_plain);

    /// <summary>A token seen before.</summary>
    [Benchmark]
    public Decision Seen() => _balancer.Decide(_seen);

    /// <summary>A token not seen before.</summary>
    [Benchmark]
    public Decision New() => _balancer.Decide(_plain with { Steering = _new[_next++ % Tokens] });

    /// <summary>A token with a wrong signature.</summary>
    [Benchmark]
    public Decision Forged() => _balancer.Decide(_forged);

    private static string Token(string server, int number)
    {
        var expires = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 36_000;
        var text = Encode("""{"alg":"HS256","kid":"k1","typ":"JWT"}""") + "."
            + Encode($$"""{"aud":"{{Fleets.Farm}}","act":"stick","sub":"{{server}}","iat":{{expires - 36_000}},"exp":{{expires}},"jti":"{{number}}"}""");
        return text + "." + Base64Url.EncodeToString(HMACSHA256.HashData(Secret, Encoding.ASCII.GetBytes(text)));
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
