using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Athena.Service.Classic;
using Athena.V1;

namespace Athena.Service.Tests;

/// <summary>What the documents name exists, and what exists is named there.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void Every_metric_in_the_source_has_its_row()
    {
        var instruments = Sources("src").SelectMany(s => Instrument().Matches(s)).Select(m => m.Groups[1].Value).Distinct().ToArray();
        Assert.True(instruments.Length > 10, string.Join(", ", instruments));
        var rows = TableNames(Read("docs/metrics.md"));
        Assert.Empty(instruments.Except(rows));
        Assert.Empty(rows.Where(r => r.StartsWith("athena.", StringComparison.Ordinal)).Except(instruments));
    }

    [Fact]
    public void Every_option_has_its_row()
    {
        var rows = TableNames(Read("docs/configuration.md"));
        foreach (var (section, options) in new (string, Type)[]
        {
            ("Athena:Checks:", typeof(Athena.Service.Health.Checks.CheckOptions)),
            ("Athena:Leases:", typeof(Athena.Service.Api.LeaseOptions)), ("Athena:Store:", typeof(Athena.Service.State.StoreOptions)), ("Athena:", typeof(Athena.Service.Classic.EnginePathOptions)), ("Athena:Classic:", typeof(Athena.Service.Classic.ClassicOptions)), ("Gateway:", typeof(Gateway.GatewayOptions)),
            ("Gateway:ProxyPass:N:", typeof(Gateway.ProxyPass)), ("Gateway:Edge:", typeof(Gateway.Edge.EdgeOptions)), ("Gateway:Limits:", typeof(Gateway.Edge.LimitOptions)), ("Gateway:Tls:", typeof(Gateway.Edge.TlsOptions)), ("Gateway:Tls:Hosts:HOST:", typeof(Gateway.Edge.HostCertificate)), ("Gateway:Tracing:", typeof(Gateway.Telemetry.TracingOptions)), ("Gateway:AffinityKeys:ID:", typeof(Athena.Client.Steering.SecretOptions)), ("Gateway:Steering:Keys:ID:", typeof(Athena.Client.Steering.SteeringKeyOptions)), ("Gateway:Affinity:N:", typeof(Gateway.Affinity.AffinityOptions)), ("Gateway:Retries:", typeof(Gateway.Resolution.Retries.RetryOptions)), ("Gateway:Steering:", typeof(Gateway.Resolution.Headers.SteeringOptions)),
        })
        {
            var missing = from property in options.GetProperties()
                          where property.CanWrite || property.PropertyType.IsGenericType
                          let name = section + property.Name
                          where !rows.Contains(name) && !rows.Any(r => r.StartsWith(name + ":", StringComparison.Ordinal))
                          select name;
            Assert.Empty(missing);
        }
    }

    [Fact]
    public void Every_key_and_policy_that_the_gateways_document_names_exists()
    {
        var (document, configuration) = (Read("docs/gateway.md"), Read("docs/configuration.md"));
        var rows = TableNames(configuration);
        var keys = Key().Matches(document).Select(m => m.Groups[1].Value).Distinct().ToArray();
        Assert.True(keys.Length > 40, string.Join(", ", keys));
        // A whole section is a key too.
        Assert.DoesNotContain(keys, k => !rows.Contains(k) && !rows.Any(r => r.StartsWith(k + ":", StringComparison.Ordinal)));
        var proxy = YarpKey().Matches(document).Select(m => m.Groups[1].Value).Distinct().ToArray();
        Assert.NotEmpty(proxy);
        var known = typeof(Yarp.ReverseProxy.Configuration.ClusterConfig).Assembly.GetExportedTypes().SelectMany(t => t.GetProperties()).Select(p => p.Name).ToHashSet();
        Assert.All(proxy.SelectMany(k => k.Split(':').Except(["ReverseProxy", "Clusters", "Routes", "NAME"])), s => Assert.Contains(s, known));
        var policies = Policies().Matches(document).SelectMany(m => Code().Matches(m.Value)).Select(m => m.Groups[1].Value).Distinct().ToArray();
        Assert.True(policies.Length > 5, string.Join(", ", policies));
        Assert.Empty(policies.Except(Athena.Engine.Policies.PolicyCatalog.BuiltIn.Select(p => p.Name)));
    }

    [Fact]
    public void Every_policy_has_its_row_its_part_and_its_benchmark()
    {
        var (document, rounds, fleets) = (Read("docs/policies.md"), Read("bench/Athena.Benchmarks/PolicyBenchmarks.cs"), Read("bench/Athena.Benchmarks/Fleets.cs"));
        var rows = TableNames(document);
        foreach (var policy in Athena.Engine.Policies.PolicyCatalog.BuiltIn)
        {
            Assert.Contains(policy.Name, rows);
            Assert.Contains($"\n## {policy.Name}\n", document, StringComparison.Ordinal);
            var faults = new List<Athena.Engine.Farms.FleetFault>();
            var parameters = new Athena.Engine.Policies.PolicyParameters(new(policy.Name), "", faults);
            policy.ReadOptions(parameters);
            Assert.All(parameters.Known, p => Assert.Contains($"`{p}`", document, StringComparison.Ordinal));
            Assert.True(policy.Name is "round_robin" or "random" || parameters.Known.Any(), policy.Name);
            Assert.Contains(BenchmarkOf().Matches(fleets), m => m.Groups[2].Value.Split(' ', ',')[0] == policy.Name && rounds.Contains($"Fleets.{m.Groups[1].Value}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_key_of_servers_and_farms_has_its_row()
    {
        var known = KnownKeys().Matches(Read("src/Athena.Service/State/FleetConfiguration.cs") + Read("src/Athena.Service/State/FleetConfiguration.Health.cs") + Read("src/Athena.Service/State/FleetConfiguration.Steering.cs")).SelectMany(m => Word().Matches(m.Groups[1].Value)).Select(m => m.Groups[1].Value).ToArray();
        Assert.True(known.Length > 10, string.Join(", ", known));
        var rows = TableNames(Read("docs/configuration.md")).SelectMany(r => r.Split(':')).ToHashSet();
        Assert.Empty(known.Except(rows));
    }

    [Fact]
    public void Every_error_reason_is_explained_in_the_proto_and_fits_its_form()
    {
        var reasons = ErrorReasonReflection.Descriptor.EnumTypes[0].Values;
        foreach (var reason in reasons)
        {
            Assert.Matches("^ERROR_REASON_[A-Z][A-Z0-9_]+[A-Z0-9]$", reason.Name);
            Assert.True(reason.Name.Length <= "ERROR_REASON_".Length + 63);
        }
        var proto = Read("protos/athena/v1/error_reason.proto");
        Assert.All(reasons, r => Assert.Matches($@"//[^\n]*\n  {r.Name} = {r.Number};", proto));
    }

    [Fact]
    public void Every_link_and_path_in_the_documents_leads_somewhere()
    {
        var broken = from file in Directory.EnumerateFiles(Root(), "*.md", SearchOption.AllDirectories)
                     where !file.Contains("/artifacts/", StringComparison.Ordinal)
                     from link in Link().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value.Split('#')[0])
                     where link.Length > 0 && !link.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, link))
                     select $"{Path.GetRelativePath(Root(), file)}: {link}";
        Assert.Empty(broken);
    }

    [Fact]
    public void Every_classic_field_and_function_is_in_its_document()
    {
        var document = Read("docs/classic.md");
        Assert.All(ClassicFunctions.Names.Split(", "), f => Assert.Contains($"`{f}`", document, StringComparison.Ordinal));
        var fields = ClassicField.All.SelectMany(f => new[] { f.Code, f.Name }).Where(n => n.Length > 0 && !InBetween().IsMatch(n));
        Assert.All(fields, n => Assert.Contains($"`{n}`", document, StringComparison.Ordinal));
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    private static string Read(string path) => File.ReadAllText(Path.Combine(Root(), path));

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText);

    /// <summary>The code in the first column of every table row.</summary>
    private static HashSet<string> TableNames(string markdown) => [.. Row().Matches(markdown).Select(m => m.Groups[1].Value)];

    [GeneratedRegex("meter\\.Create\\w+(?:<\\w+>)?\\(\\s*\"([a-z_.]+)\"")]
    private static partial Regex Instrument();

    [GeneratedRegex("const string (\\w+) = \"([^\"]+)\"")]
    private static partial Regex BenchmarkOf();

    [GeneratedRegex("^\\| `([^`]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("^[1-6]cus$|^cus[1-6]$")]
    private static partial Regex InBetween();

    [GeneratedRegex("Known\\(\\w+, \\[([^\\]]*)\\]")]
    private static partial Regex KnownKeys();

    [GeneratedRegex("\"(\\w+)\"")]
    private static partial Regex Word();

    [GeneratedRegex("`((?:Athena|Gateway|Check|Ejection|SlowStart)(?::[A-Za-z0-9]+)+)`")]
    private static partial Regex Key();

    [GeneratedRegex("`(ReverseProxy(?::[A-Za-z]+)+)`")]
    private static partial Regex YarpKey();

    [GeneratedRegex("[Pp]olic(?:y|ies) (?:`[a-z_]+`(?:, (?=`[a-z_]+`))?)+")]
    private static partial Regex Policies();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Code();

    [GeneratedRegex("\\]\\(([^)\\s]+)\\)")]
    private static partial Regex Link();
}
