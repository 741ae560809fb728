using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace Athena.Cli.Commands;

/// <summary>Arguments and options that name farms and servers; the shell completes them with those that the service has.</summary>
internal static class Names
{
    public static Argument<string> Farm(Tool tool) => Completed(new Argument<string>("farm") { Description = "Name of a farm." }, tool.FarmNames);

    public static Argument<string?> FarmOrAll(Tool tool, string description) =>
        Completed(new Argument<string?>("farm") { Description = description, Arity = ArgumentArity.ZeroOrOne }, tool.FarmNames);

    public static Argument<string[]> Farms(Tool tool, string description) =>
        Completed(new Argument<string[]>("farm") { Description = description, Arity = ArgumentArity.OneOrMore }, tool.FarmNames);

    public static Argument<string> Server(Tool tool, string description) => Completed(new Argument<string>("server") { Description = description }, tool.ServerNames);

    public static Argument<string[]> Servers(Tool tool, string description) =>
        Completed(new Argument<string[]>("server") { Description = description, Arity = ArgumentArity.ZeroOrMore }, tool.ServerNames);

    /// <summary>`app01` or `farm/shop`.</summary>
    public static Argument<string> Subject(Tool tool, string description) => Completed(new Argument<string>("subject") { Description = description }, tool.SubjectNames);

    /// <summary>The same, any number of them.</summary>
    public static Argument<string[]> Subjects(Tool tool, string description) =>
        Completed(new Argument<string[]>("subject") { Description = description, Arity = ArgumentArity.ZeroOrMore }, tool.SubjectNames);

    public static Option<string[]> FarmOptions(Tool tool, string description) => Completed(new Option<string[]>("--farm") { Description = description, HelpName = "farm" }, tool.FarmNames);

    public static Option<string> FarmOption(Tool tool, string description) => Completed(new Option<string>("--farm") { Description = description, HelpName = "farm" }, tool.FarmNames);

    public static Option<string[]> ServerOptions(Tool tool, string description) => Completed(new Option<string[]>("--server") { Description = description, HelpName = "server" }, tool.ServerNames);

    public static Option<string> ServerOption(Tool tool, string description) => Completed(new Option<string>("--server") { Description = description, HelpName = "server" }, tool.ServerNames);

    private static Option<T> Completed<T>(Option<T> option, Func<ParseResult, IEnumerable<string>> names)
    {
        option.CompletionSources.Add(context => names(context.ParseResult).Select(n => new CompletionItem(n)));
        return option;
    }

    private static Argument<T> Completed<T>(Argument<T> argument, Func<ParseResult, IEnumerable<string>> names)
    {
        // Without it help would ask the sources, which ask the service.
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(context => names(context.ParseResult).Select(n => new CompletionItem(n)));
        argument.Validators.Add(RefuseOptions);
        return argument;
    }

    /// <summary>A mistyped option is not a name that nobody has.</summary>
    private static void RefuseOptions(ArgumentResult result)
    {
        foreach (var token in result.Tokens.Where(t => t.Value.Length > 1 && t.Value[0] == '-'))
        {
            result.AddError($"there is no option '{token.Value}'");
        }
    }
}
