using Athena.Testing;

namespace Athena.Integration.Tests;

/// <summary>The command line as a user gets it: packed, installed, completed by a shell.</summary>
public sealed class ToolTests
{
    [Fact]
    public async Task A_packed_tool_is_installed_from_a_folder_and_answers()
    {
        var folder = Directory.CreateTempSubdirectory("athena-tool-");
        try
        {
            var (packages, tools) = (Path.Combine(folder.FullName, "packages"), Path.Combine(folder.FullName, "tools"));
            var (project, configuration) = Project();
            await DotnetAsync(folder, "pack", project, "--no-build", "-c", configuration, "-o", packages, "--nologo");
            // A user's own sources and cache are left alone, and nothing is asked of the network.
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "nuget.config"), $"""<configuration><packageSources><clear /><add key="here" value="{packages}" /></packageSources></configuration>""");
            await DotnetAsync(folder, "tool", "install", "Athena.Cli", "--tool-path", tools, "--configfile", Path.Combine(folder.FullName, "nuget.config"));
            await using var athena = await AthenaHost.WithAsync("web", "a");
            await using var tool = ChildProcess.StartCommand(Path.Combine(tools, OperatingSystem.IsWindows() ? "athena.exe" : "athena"), "balance", "web", "--service", athena.GrpcAddress.ToString(), "--timeout", "60s");
            Assert.Equal((0, "a http://127.0.0.1:9001"), (await tool.ExitCodeAsync(), tool.Output));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("athena mon", "monitor")]
    [InlineData("athena set dr", "drain")]
    [InlineData("athena balance sh", "shop_one shop_two")]
    [InlineData("athena balance shop_one --al", "--alternates")]
    [InlineData("athena set off farm/shop_t", "farm/shop_two")]
    public async Task Bash_completes_commands_options_and_names_of_the_service(string line, string expected)
    {
        var fleet = Fleets.Of("shop_one", "a");
        fleet["Farms"] = new Dictionary<string, object> { ["shop_one"] = new { Members = new { a = new { } } }, ["shop_two"] = new { Members = new { a = new { } } } };
        await using var athena = await AthenaHost.StartAsync(fleet);
        var (command, first) = ChildProcess.CommandOf("Athena.Cli");
        var program = string.Join(' ', first.Prepend(command).Select(a => $"'{a}'"));
        var word = line.Split(' ')[^1];
        var script = $$"""
            export ATHENA_SERVICE={{athena.GrpcAddress}}
            athena() { {{program}} "$@"; }
            source <(athena completion bash)
            complete -p athena >/dev/null
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=({{line}}) COMP_CWORD={{line.Split(' ').Length - 1}}
            _athena athena '{{word}}' previous
            echo "${COMPREPLY[@]}"
            """;
        Assert.Equal(expected, (await ClassicFixture.RunToolAsync("bash", "-c", script)).Trim());
    }

    [Theory]
    [InlineData("athena set dr", "drain")]
    [InlineData("ls | athena balance shop_o", "shop_one")]
    public async Task Fish_completes_as_well(string line, string expected)
    {
        await using var athena = await AthenaHost.WithAsync("shop_one", "a");
        var (command, first) = ChildProcess.CommandOf("Athena.Cli");
        var program = string.Join(' ', first.Prepend(command).Select(a => $"'{a}'"));
        var script = $"set -x ATHENA_SERVICE {athena.GrpcAddress}; function athena; {program} $argv; end; athena completion fish | source; complete -C '{line}'";
        Assert.Equal(expected, (await ClassicFixture.RunToolAsync("fish", "--no-config", "-c", script)).Trim());
    }

    /// <summary>The project's file, and the configuration that these tests were built in.</summary>
    private static (string Project, string Configuration) Project()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Athena.sln")))
        {
            root = root.Parent;
        }
        return (Path.Combine(root.FullName, "src", "Athena.Cli", "Athena.Cli.csproj"), AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).EndsWith("release", StringComparison.OrdinalIgnoreCase) ? "Release" : "Debug");
    }

    private static async Task DotnetAsync(DirectoryInfo folder, params string[] arguments)
    {
        await using var dotnet = ChildProcess.StartCommand("env", [$"NUGET_PACKAGES={Path.Combine(folder.FullName, "cache")}", $"DOTNET_CLI_HOME={folder.FullName}", "DOTNET_NOLOGO=1", "MSBUILDDISABLENODEREUSE=1", "dotnet", .. arguments]);
        Assert.True(await dotnet.ExitCodeAsync() == 0, dotnet.Output);
    }
}
