using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Athena.Gateway.Edge;

namespace Athena.Gateway.Tests.Edge;

public sealed class CertificateFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string Certificate => Path.Combine(_folder.FullName, "tls.crt");

    private string Key => Path.Combine(_folder.FullName, "tls.key");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>A renewal writes two files, and may be looked at between them.</summary>
    [Theory]
    [InlineData("ec", "ec")]
    [InlineData("rsa", "rsa")]
    [InlineData("ec", "rsa")]
    [InlineData("rsa", "ec")]
    public void Until_the_key_and_the_certificate_fit_the_last_good_one_is_shown(string first, string second)
    {
        var (old, renewed) = (Make(first), Make(second));
        File.WriteAllText(Certificate, old.Certificate);
        File.WriteAllText(Key, old.Key);
        var file = new CertificateFile(Certificate, Key);
        var shown = file.Current;
        File.WriteAllText(Key, renewed.Key);
        Assert.Throws<CryptographicException>(() => file.Refresh());
        Assert.Same(shown, file.Current);
        File.WriteAllText(Certificate, renewed.Certificate);
        Assert.True(file.Refresh());
        Assert.NotSame(shown, file.Current);
        Assert.False(file.Refresh());
    }

    private static (string Certificate, string Key) Make(string kind)
    {
        using AsymmetricAlgorithm pair = kind == "ec" ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        var request = pair is ECDsa curve ? new CertificateRequest("CN=a", curve, HashAlgorithmName.SHA256) : new CertificateRequest("CN=a", (RSA)pair, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return (made.ExportCertificatePem(), pair.ExportPkcs8PrivateKeyPem());
    }
}
