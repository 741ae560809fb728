using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Athena.Gateway.Edge;

/// <summary>The certificate in a PEM file and the key in the same or another; one that cannot be read leaves the last good one in place.</summary>
internal sealed class CertificateFile
{
    private readonly string _certificate;
    private readonly string _key;
    private volatile SslStreamCertificateContext _current;
    private byte[] _seen;

    /// <exception cref="CryptographicException">It cannot be read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public CertificateFile(string certificate, string? key)
    {
        (_certificate, _key) = (certificate, key is { Length: > 0 } ? key : certificate);
        (_current, _seen) = Read([]) ?? throw new InvalidOperationException("what was never read is new");
    }

    /// <summary>The file.</summary>
    public string Path => _certificate;

    /// <summary>The certificate to show now, with those between it and its root.</summary>
    public SslStreamCertificateContext Current => _current;

    /// <summary>Whether it is made of these files.</summary>
    public bool IsOf(string? certificate, string? key) => _certificate == certificate && _key == (key is { Length: > 0 } ? key : certificate);

    /// <summary>Reads again.</summary>
    /// <returns>Whether the content was new.</returns>
    /// <exception cref="CryptographicException">It cannot be read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public bool Refresh()
    {
        if (Read(_seen) is not { } read)
        {
            return false;
        }
        (_current, _seen) = read;
        return true;
    }

    /// <summary>Null when the content is what was seen.</summary>
    private (SslStreamCertificateContext Context, byte[] Seen)? Read(byte[] last)
    {
        var (certificates, key) = (File.ReadAllText(_certificate), File.ReadAllText(_key));
        var seen = SHA256.HashData(Encoding.UTF8.GetBytes(certificates + key));
        if (last.AsSpan().SequenceEqual(seen))
        {
            return null;
        }
        var certificate = Pair(certificates, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        return (SslStreamCertificateContext.Create(certificate, chain, offline: true), seen);
    }

    private static X509Certificate2 Pair(string certificates, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificates, key);
        }
        catch (ArgumentException e)
        {
            // What it throws for elliptic curves alone; others fail as below by themselves. A renewal that is seen between its two files comes here.
            throw new CryptographicException("The key is not the certificate's.", e);
        }
    }
}
