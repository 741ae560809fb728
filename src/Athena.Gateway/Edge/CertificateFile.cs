using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Athena.Gateway.Edge;

/// <summary>The certificate in a file, read again when its content changes; one that cannot be read leaves the last good one in place.</summary>
/// <remarks>Looks at the content at intervals: file notifications are lost on mounted volumes, where certificates of Kubernetes and certbot come through links.</remarks>
internal sealed partial class CertificateFile(IOptions<GatewayOptions> options, TimeProvider time, ILogger<CertificateFile> logger) : BackgroundService
{
    private readonly TlsOptions _options = options.Value.Tls;
    private volatile SslStreamCertificateContext? _current;
    private byte[] _seen = [];

    /// <summary>Whether one is configured.</summary>
    public bool IsConfigured => _options.Certificate is { Length: > 0 };

    /// <summary>The certificate to show now, with those between it and its root.</summary>
    /// <exception cref="CryptographicException">The first one cannot be read.</exception>
    /// <exception cref="IOException">The first one cannot be read.</exception>
    public SslStreamCertificateContext Current => _current ?? Read();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!IsConfigured)
        {
            return;
        }
        using var timer = new PeriodicTimer(_options.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                Read();
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                LogUnreadable(_options.Certificate!, e);
            }
        }
    }

    private SslStreamCertificateContext Read()
    {
        var (certificates, key) = (File.ReadAllText(_options.Certificate!), File.ReadAllText(_options.Key is { Length: > 0 } own ? own : _options.Certificate!));
        var seen = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(certificates + key));
        if (_current is { } last && _seen.AsSpan().SequenceEqual(seen))
        {
            return last;
        }
        var certificate = X509Certificate2.CreateFromPem(certificates, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        (_current, _seen) = (context, seen);
        LogTaken(_options.Certificate!, certificate.NotAfter);
        return context;
    }

    [LoggerMessage(4101, LogLevel.Information, "Visitors are shown the certificate in {File}, good until {NotAfter}")]
    private partial void LogTaken(string file, DateTime notAfter);

    [LoggerMessage(4102, LogLevel.Error, "The certificate in {File} cannot be read; the last good one is shown on")]
    private partial void LogUnreadable(string file, Exception e);
}
