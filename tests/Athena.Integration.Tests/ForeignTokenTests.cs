using System.Diagnostics;
using Athena.Testing;

namespace Athena.Integration.Tests;

/// <summary>A token minted by a standard library of another language: jose, in Node, of the folder that ATHENA_JOSE names.</summary>
public sealed class ForeignTokenTests
{
    private const string Secret = "Zm9yZWlnbi10b29scy1jYW4tbWludC10aGVzZS10b28h";

    private const string Mint = """
        import { SignJWT } from 'jose';
        console.log(await new SignJWT({ act: 'go', pri: 'high' })
          .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'JWT' })
          .setAudience('shop').setSubject('gold').setIssuedAt().setExpirationTime('1h')
          .sign(Buffer.from(process.env.SECRET, 'base64')));
        """;

    [Fact]
    public async Task A_token_minted_by_jose_in_Node_is_followed()
    {
        var token = await MintAsync();
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001" }, g = new { Address = "http://127.0.0.1:9002" } },
            Farms = new { shop = new { Members = new { a = new { Weight = 1 } }, SteerTo = new[] { "gold" } }, gold = new { Members = new { g = new { Weight = 1 } } } },
            Steering = new { Keys = new { k1 = new { Secret } } },
        });
        var answer = await athena.Balancer.BalanceAsync(new() { Farm = "shop", Steering = token });
        Assert.Equal(("gold", "g", true), (answer.Farm, answer.Server, answer.Steered));
    }

    private static async Task<string> MintAsync()
    {
        var folder = Environment.GetEnvironmentVariable("ATHENA_JOSE");
        if (folder is null || !Directory.Exists(Path.Combine(folder, "node_modules", "jose")))
        {
            Absent("ATHENA_JOSE names no folder where `npm install jose` was run");
        }
        var start = new ProcessStartInfo("node", ["--input-type=module", "-e", Mint]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SECRET"] = Secret;
        using var node = new Process { StartInfo = start };
        try
        {
            node.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Absent("there is no program `node`");
        }
        var (output, error) = (node.StandardOutput.ReadToEndAsync(Deadline.Token()), node.StandardError.ReadToEndAsync(Deadline.Token()));
        await node.WaitForExitAsync(Deadline.Token());
        Assert.True(node.ExitCode == 0, await error);
        return (await output).Trim();
    }

    /// <summary>At the desk the test is skipped; in CI everything is there, or it is a fault.</summary>
    private static void Absent(string what)
    {
        if (Environment.GetEnvironmentVariable("ATHENA_CI") == "1")
        {
            Assert.Fail(what);
        }
        Assert.Skip(what);
    }
}
