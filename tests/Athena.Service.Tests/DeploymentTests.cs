using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Athena.Engine.Farms;
using Athena.Engine.Policies;
using Athena.Service.State;
using Microsoft.Extensions.Configuration;
using YamlDotNet.RepresentationModel;

namespace Athena.Service.Tests;

/// <summary>What deploy/ has can be read by whom it is for.</summary>
public sealed class DeploymentTests
{
    [Theory]
    [InlineData("athena", "ConfigMap Service StatefulSet NetworkPolicy")]
    [InlineData("gateway", "ConfigMap Service Deployment PodDisruptionBudget")]
    public void Manifests_are_YAML_and_name_what_they_make(string file, string kinds)
    {
        var documents = Manifests(file);
        Assert.Equal(kinds.Split(' '), documents.Select(d => Text(d, "kind")));
        Assert.All(documents, d => Assert.NotEmpty(Text(d, "apiVersion")));
        var workload = documents.Single(d => Text(d, "kind") is "StatefulSet" or "Deployment");
        var container = (YamlMappingNode)At(workload, "spec", "template", "spec", "containers")[0];
        Assert.All(["startupProbe", "livenessProbe", "readinessProbe"], probe => Assert.Contains(container.Children.Keys, k => k.ToString() == probe));
        // What the workload makes is what its selector finds.
        Assert.Equal(At(workload, "spec", "selector", "matchLabels").ToString(), At(workload, "spec", "template", "metadata", "labels").ToString());
    }

    [Fact]
    public void The_configuration_in_the_manifest_is_one_the_service_takes()
    {
        var map = Manifests("athena").Single(d => Text(d, "kind") == "ConfigMap");
        using var json = new MemoryStream(Encoding.UTF8.GetBytes(At(map, "data", "athena.json").ToString()));
        var configuration = new ConfigurationBuilder().AddJsonStream(json).Build();
        var (fleet, faults) = FleetConfiguration.Read(configuration, new FleetValidator(new PolicyCatalog(PolicyCatalog.BuiltIn)));
        Assert.Empty(faults);
        Assert.Equal("shop", Assert.Single(fleet.Farms).Name);
    }

    [Fact]
    public async Task Units_are_what_systemd_understands()
    {
        var units = Directory.GetFiles(Path.Combine(Root(), "systemd"), "*.service");
        Assert.Equal(2, units.Length);
        const string Tool = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(Tool), "systemd-analyze is not installed");
        using var verify = Process.Start(new ProcessStartInfo(Tool, ["verify", .. units]) { RedirectStandardError = true })!;
        var said = await verify.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken);
        // Where .NET lies is the machine's own matter.
        Assert.DoesNotContain(said.Split('\n'), l => l.Contains("athena", StringComparison.Ordinal) && !l.Contains("is not executable", StringComparison.Ordinal));
    }

    private static YamlMappingNode[] Manifests(string file)
    {
        var stream = new YamlStream();
        using var text = File.OpenText(Path.Combine(Root(), "kubernetes", $"{file}.yaml"));
        stream.Load(text);
        return [.. stream.Documents.Select(d => (YamlMappingNode)d.RootNode)];
    }

    private static YamlNode At(YamlNode node, params string[] path) => path.Aggregate(node, (n, key) => n[key]);

    private static string Text(YamlMappingNode node, string key) => At(node, key).ToString();

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "deploy"));
}
