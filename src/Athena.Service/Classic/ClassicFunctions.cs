using Athena.Service.Contract;
using Athena.Service.State;
using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>What a function does with what it is told.</summary>
internal enum ClassicKind
{
    /// <summary>Tells something; GET and HEAD.</summary>
    Read,

    /// <summary>Changes something: POST, and GET where that is allowed.</summary>
    Write,

    /// <summary>Tells by GET and HEAD, takes in by POST; privileged both ways.</summary>
    Mirror,
}

/// <summary>The functions by their paths, for every face.</summary>
internal sealed class ClassicFunctions(ClassicBalance balance, ClassicStatus status, ClassicDebug debug, ClassicUpdate update, ClassicMirror mirror,
    ClassicAccess access, IOptions<ClassicOptions> options)
{
    /// <summary>Paths of all functions.</summary>
    public const string Names = "balance, status/farm, status/phys, status/engine, status/debug, update/phys, update/farm, mirror/phys, mirror/farm";

    /// <summary>The kind of a function; null: there is no such function.</summary>
    public static ClassicKind? KindOf(string function) => function switch
    {
        "balance" or "status/farm" or "status/phys" or "status/engine" or "status/debug" => ClassicKind.Read,
        "update/phys" or "update/farm" => ClassicKind.Write,
        "mirror/phys" or "mirror/farm" => ClassicKind.Mirror,
        _ => null,
    };

    /// <summary>The HTTP methods of a kind.</summary>
    public string Methods(ClassicKind kind) => kind switch
    {
        ClassicKind.Read => "GET, HEAD",
        ClassicKind.Write => options.Value.GetWrites ? "GET, POST" : "POST",
        _ => "GET, HEAD, POST",
    };

    /// <summary>Answers `balance`, at once.</summary>
    public ClassicReply Balance(string raw) => raw.Length == 0 ? NoText("balance") : balance.Answer(raw);

    /// <summary>Answers any function.</summary>
    /// <param name="function">Its path.</param>
    /// <param name="raw">The query; of an update: the text that says what to set.</param>
    /// <param name="import">What a mirror shall take in; null: it tells.</param>
    /// <param name="caller">Who asks.</param>
    public async ValueTask<ClassicReply> AnswerAsync(string function, string raw, string? import, HttpContext caller)
    {
        if (KindOf(function) is not ClassicKind.Read && access.Refuse(caller, function) is { } refused)
        {
            return ClassicReply.Failed(refused);
        }
        if (raw.Length == 0 && import is null)
        {
            return NoText(function);
        }
        var (actor, cancellation) = (ClassicAccess.NameOf(caller), caller.RequestAborted);
        try
        {
            return function switch
            {
                "balance" => balance.Answer(raw),
                "status/phys" => status.Servers(raw),
                "status/farm" => status.Farms(raw),
                "status/engine" => status.Engine(raw),
                "status/debug" => debug.Answer(),
                "update/phys" => await update.ServersAsync(raw, actor, cancellation),
                "update/farm" => await update.FarmsAsync(raw, actor, cancellation),
                "mirror/phys" or "mirror/farm" when import is not null => await mirror.ImportAsync(import, ofFarms: function == "mirror/farm", actor, cancellation),
                _ => mirror.Export(raw, ofFarms: function == "mirror/farm"),
            };
        }
        catch (StoreUnavailableException)
        {
            return ClassicReply.Failed(ClassicFault.Of(ApiErrors.StoreUnavailable()));
        }
    }

    private static ClassicReply NoText(string function) => ClassicReply.Failed(ClassicFault.Syntax(function switch
    {
        "balance" => ClassicBalance.Usage,
        "update/phys" => ClassicUpdate.ServersUsage,
        "update/farm" => ClassicUpdate.FarmsUsage,
        _ => $"usage: {function}{(function is "status/debug" or "status/engine" ? "?true" : ClassicStatus.Usage)}",
    }));
}
