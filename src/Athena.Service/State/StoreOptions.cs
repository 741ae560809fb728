using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Athena.Service.State;

/// <summary>Where states are kept. Read once at start, from Athena:Store.</summary>
public sealed class StoreOptions
{
    /// <summary>Kind of store: `sqlite` keeps them in a file, `etcd` in an etcd cluster that several services share, `memory` until the service ends. Default `sqlite`.</summary>
    [Required]
    [AllowedValues("sqlite", "etcd", "memory", ErrorMessage = "Kind must be one of: sqlite, etcd, memory")]
    public string Kind { get; set; } = "sqlite";

    /// <summary>sqlite: the file, from the working folder. Its folder is made. Default `data/athena.db`.</summary>
    [Required]
    public string Path { get; set; } = "data/athena.db";

    /// <summary>
    /// sqlite: whether to set a store aside that is damaged, lost or older than what was answered, and start from the configuration alone. Default false:
    /// the service does not start. A sound store is used in any case.
    /// </summary>
    public bool StartFreshIfDamaged { get; set; }

    /// <summary>etcd: addresses of its members, separated by commas; `https://` for TLS. Default `http://127.0.0.1:2379`.</summary>
    [Required]
    public string Endpoints { get; set; } = "http://127.0.0.1:2379";

    /// <summary>etcd: what all keys begin with; services on the same cluster and prefix are replicas of one another. Begins and ends with `/`. Default `/athena/`.</summary>
    [Required]
    [RegularExpression("/([A-Za-z0-9._-]+/)*", ErrorMessage = "Prefix must begin and end with '/', with letters, digits, '.', '_', '-' between")]
    public string Prefix { get; set; } = "/athena/";

    /// <summary>etcd: name of this replica, 1 to 63 of letters, digits, '.', '_', '-', other than that of any other one. Default: the machine's name and a random number.</summary>
    [RegularExpression("[A-Za-z0-9._-]{1,63}", ErrorMessage = "Replica must be 1 to 63 of letters, digits, '.', '_', '-'")]
    public string Replica { get; set; } = "";

    /// <summary>etcd: file (PEM) of the authority that signed the members' certificates. Default: those that the machine trusts.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>etcd: file (PEM) of the certificate that the service shows, with <see cref="KeyFile"/>. Default: none.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>etcd: file (PEM) of the certificate's key. Default: none.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>etcd: longest time that a change waits for etcd before it is refused. 1 s to 1 min; default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The members' addresses.</summary>
    /// <exception cref="UriFormatException">One is none.</exception>
    internal Uri[] Members() => [.. Endpoints.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(e => new Uri(e))];
}

[OptionsValidator]
internal sealed partial class StoreOptionsValidator : IValidateOptions<StoreOptions>;

/// <summary>What attributes cannot say.</summary>
internal sealed class StoreEndpointsValidator : IValidateOptions<StoreOptions>
{
    public ValidateOptionsResult Validate(string? name, StoreOptions options)
    {
        if (options.Kind != "etcd")
        {
            return ValidateOptionsResult.Skip;
        }
        var endpoints = options.Endpoints.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var wrong = endpoints.FirstOrDefault(e => !Uri.TryCreate(e, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.AbsolutePath != "/");
        return endpoints.Length == 0 || wrong is not null
            ? ValidateOptionsResult.Fail($"Athena:Store:Endpoints: '{wrong}' is no address of an etcd member; write http://HOST:PORT or https://HOST:PORT, separated by commas")
            : options.CertificateFile.Length > 0 != options.KeyFile.Length > 0
                ? ValidateOptionsResult.Fail("Athena:Store: CertificateFile and KeyFile go together")
                : ValidateOptionsResult.Success;
    }
}
