using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Cryptography;
using Athena.Hosting;

namespace Athena.Gateway.Edge;

/// <summary>The certificates of `Gateway:Tls`, by the host name that a visitor asks for; their files are read again when their content changes.</summary>
/// <remarks>Looks at the content at intervals: file notifications are lost on mounted volumes, where certificates of Kubernetes and certbot come through links.</remarks>
internal sealed partial class Certificates : HostedLoop
{
    private const string Wildcard = "*.";

    private readonly LastGoodOptions<GatewayOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Certificates> _logger;
    private volatile FrozenDictionary<string, CertificateFile> _files = FrozenDictionary<string, CertificateFile>.Empty;

    /// <exception cref="InvalidDataException">One of them cannot be read.</exception>
    public Certificates(LastGoodOptions<GatewayOptions> options, TimeProvider time, ILogger<Certificates> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _files = Load((key, file, fault) => throw new InvalidDataException($"{key}: the certificate in {file} cannot be read: {fault.Message}", fault));
        _options.Changed += Reload;
    }

    /// <summary>Whether any is configured.</summary>
    public bool IsConfigured => _files.Count > 0;

    /// <summary>The certificate for a host: its own, that of the longest `*.` above it, else the default one.</summary>
    /// <returns>Null: nobody has such a name, and there is no default.</returns>
    public SslStreamCertificateContext? For(string host)
    {
        var files = _files;
        if (host.Length > 0 && files.TryGetValue(host, out var own))
        {
            return own.Current;
        }
        for (var dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = host.IndexOf('.', dot + 1))
        {
            if (files.TryGetValue(string.Concat(Wildcard, host.AsSpan(dot + 1)), out var wild))
            {
                return wild.Current;
            }
        }
        return files.GetValueOrDefault("")?.Current;
    }

    public override void Dispose()
    {
        _options.Changed -= Reload;
        base.Dispose();
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(_options.Current.Tls.Interval, _time);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            foreach (var file in _files.Values.Distinct())
            {
                try
                {
                    if (file.Refresh())
                    {
                        LogTaken(file.Path, file.Current.TargetCertificate.NotAfter);
                    }
                }
                catch (Exception e) when (IsUnreadable(e))
                {
                    LogUnreadable(file.Path, e);
                }
            }
        }
    }

    /// <summary>Takes up hosts that came and leaves those that went; one whose files cannot be read keeps what it had.</summary>
    private void Reload() => _files = Load((_, file, fault) => LogUnreadable(file, fault));

    private FrozenDictionary<string, CertificateFile> Load(Action<string, string, Exception> failed)
    {
        var (tls, last, next) = (_options.Current.Tls, _files, new Dictionary<string, CertificateFile>(StringComparer.OrdinalIgnoreCase));
        void Add(string host, string key, string? certificate, string? secret)
        {
            if (string.IsNullOrEmpty(certificate))
            {
                return;
            }
            try
            {
                next[host] = last.Values.Concat(next.Values).FirstOrDefault(f => f.IsOf(certificate, secret)) ?? Open(certificate, secret);
            }
            catch (Exception e) when (IsUnreadable(e))
            {
                failed(key, certificate, e);
                if (last.TryGetValue(host, out var kept))
                {
                    next[host] = kept;
                }
            }
        }
        Add("", "Gateway:Tls:Certificate", tls.Certificate, tls.Key);
        foreach (var (host, files) in tls.Hosts)
        {
            Add(host, $"Gateway:Tls:Hosts:{host}", files.Certificate, files.Key);
        }
        return next.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private CertificateFile Open(string certificate, string? key)
    {
        var file = new CertificateFile(certificate, key);
        LogTaken(certificate, file.Current.TargetCertificate.NotAfter);
        return file;
    }

    private static bool IsUnreadable(Exception e) => e is CryptographicException or IOException or UnauthorizedAccessException;

    [LoggerMessage(4101, LogLevel.Information, "Visitors are shown the certificate in {File}, good until {NotAfter}")]
    private partial void LogTaken(string file, DateTime notAfter);

    [LoggerMessage(4102, LogLevel.Error, "The certificate in {File} cannot be read; the last good one is shown on")]
    private partial void LogUnreadable(string file, Exception e);
}
