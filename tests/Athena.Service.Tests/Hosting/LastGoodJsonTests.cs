using System.Text.Json;
using Athena.Hosting;
using CsCheck;
using Microsoft.Extensions.Configuration;

namespace Athena.Service.Tests.Hosting;

public sealed class LastGoodJsonTests
{
    private static readonly Gen<string> Key = Gen.OneOf(Gen.OneOf<string>("a", "A", "ab", "a-b", "a.b", "a b", "10", "2", "x", "É", "é", "_"), Gen.String[Gen.Char["aB1-.;_~"], 1, 3]);

    [Fact]
    public void The_keys_below_a_section_are_those_that_the_framework_finds_in_its_order() =>
        Gen.Select(Key.Array[1, 5].Array[0, 40], Key.Array[0, 3].Array[0, 3]).Sample((paths, others) =>
        {
            var text = Json(paths);
            var (plain, ours) = (Build(text, isOurs: false, others), Build(text, isOurs: true, others));
            foreach (var path in paths.SelectMany(p => Enumerable.Range(0, p.Length + 1).Select(n => string.Join(':', p[..n]))).Distinct())
            {
                // However it is spelt, and where there is nothing.
                foreach (var spelt in new[] { path, path.ToUpperInvariant(), path + "?" })
                {
                    Assert.Equal<string>(Children(plain, spelt), Children(ours, spelt), StringComparer.OrdinalIgnoreCase);
                }
            }
            Assert.Equal(All(plain), All(ours));
        }, iter: 300);

    [Fact]
    public void A_key_that_is_set_later_is_found_as_well()
    {
        var ours = Build("""{"a":{"b":"1"}}""", isOurs: true, []);
        Assert.Equal(["b"], Children(ours, "a"));
        ours["a:c"] = "2";
        Assert.Equal(["b", "c"], Children(ours, "a"));
    }

    private static IEnumerable<string> All(IConfiguration of) => of.AsEnumerable().Select(p => $"{p.Key.ToUpperInvariant()}={p.Value}");

    private static string[] Children(IConfiguration of, string path) => [.. (path.Length == 0 ? of : of.GetSection(path)).GetChildren().Select(c => c.Key)];

    /// <summary>A file with this text, and after it a source with a few more keys.</summary>
    private static IConfigurationRoot Build(string text, bool isOurs, string[][] others)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            var builder = new ConfigurationBuilder().AddJsonFile(file);
            if (isOurs)
            {
                LastGoodJsonSource.ReplaceAll(builder, Assert.Fail);
            }
            return builder.AddInMemoryCollection(others.Where(o => o.Length > 0).Select(o => string.Join(':', o)).Distinct(StringComparer.OrdinalIgnoreCase).Select(k => KeyValuePair.Create(k, (string?)"other"))).Build();
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Of keys of which no two differ in case alone, and none is the beginning of another.</summary>
    private static string Json(string[][] paths)
    {
        var root = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in paths)
        {
            var at = root;
            foreach (var key in path[..^1])
            {
                if (!at.TryGetValue(key, out var next))
                {
                    at[key] = next = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
                }
                at = next as Dictionary<string, object>;
                if (at is null)
                {
                    break;
                }
            }
            at?.TryAdd(path[^1], "value");
        }
        return JsonSerializer.Serialize(root);
    }
}
