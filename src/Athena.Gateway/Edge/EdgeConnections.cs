using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Athena.Gateway.Edge.Http1;
using Athena.Gateway.Edge.Http2;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Athena.Gateway.Edge;

/// <summary>Puts a gate on every endpoint that visitors reach, inside of TLS, and gives the server its limits.</summary>
internal sealed class EdgeConnections(IConfiguration configuration, IOptions<GatewayOptions> options, Certificates certificates, TimeProvider time) : IConfigureOptions<KestrelServerOptions>
{
    private readonly LimitOptions _limits = options.Value.Limits;

    public void Configure(KestrelServerOptions options)
    {
        SetLimits(options, _limits);
        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
        {
            if (endpoint.GetSection("Sni").Exists())
            {
                throw new InvalidDataException($"{endpoint.Path}:Sni is not read here; name the certificates of hosts in Gateway:Tls:Hosts");
            }
            if (!endpoint.Key.Equals(Management.Endpoint, StringComparison.OrdinalIgnoreCase))
            {
                options.ConfigurationLoader?.Endpoint(endpoint.Key, Guard);
            }
        }
    }

    private void Guard(Microsoft.AspNetCore.Server.Kestrel.EndpointConfiguration endpoint)
    {
        if (endpoint.IsHttps)
        {
            UseTls(endpoint);
        }
        var clearTextHttp2 = !endpoint.IsHttps && endpoint.ListenOptions.Protocols == HttpProtocols.Http2;
        endpoint.ListenOptions.Use(next => connection =>
        {
            var isHttp2 = clearTextHttp2 || connection.Features.Get<ISslStreamFeature>()?.SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
            IByteGate gate = isHttp2
                ? new Http2Gate(_limits.Http2IdleFrames, time, () => connection.Abort(new ConnectionAbortedException("too many HTTP/2 frames that carry nothing")))
                : new Http1Gate();
            connection.Features.Set(gate);
            connection.Transport = new GatedTransport(connection.Transport, gate);
            return next(connection);
        });
    }

    private void UseTls(Microsoft.AspNetCore.Server.Kestrel.EndpointConfiguration endpoint)
    {
        var https = endpoint.HttpsOptions;
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        if (!certificates.IsConfigured || endpoint.ConfigSection.GetSection("Certificate").Exists())
        {
            endpoint.ListenOptions.UseHttps(https);
            return;
        }
        endpoint.ListenOptions.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = https.HandshakeTimeout,
            OnConnection = visitor => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                // A name that nobody has, and no default: the handshake fails.
                ServerCertificateContext = certificates.For(visitor.ClientHelloInfo.ServerName),
                EnabledSslProtocols = https.SslProtocols,
                ClientCertificateRequired = https.ClientCertificateMode is ClientCertificateMode.AllowCertificate or ClientCertificateMode.RequireCertificate,
                CertificateRevocationCheckMode = https.CheckCertificateRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
                RemoteCertificateValidationCallback = (_, shown, _, faults) =>
                    shown is null ? https.ClientCertificateMode != ClientCertificateMode.RequireCertificate : faults == SslPolicyErrors.None,
            }),
        });
    }

    private static void SetLimits(KestrelServerOptions options, LimitOptions limits)
    {
        var rate = limits.DataRate == 0 ? null : new MinDataRate(limits.DataRate, TimeSpan.FromSeconds(5));
        options.Limits.MaxConcurrentConnections = limits.Connections;
        options.Limits.MaxConcurrentUpgradedConnections = limits.Connections;
        options.Limits.MaxRequestLineSize = limits.RequestLine;
        options.Limits.MaxRequestHeadersTotalSize = limits.Headers;
        options.Limits.MaxRequestHeaderCount = limits.HeaderCount;
        options.Limits.MaxRequestBodySize = limits.Body < 0 ? null : limits.Body;
        options.Limits.RequestHeadersTimeout = limits.HeaderTimeout;
        options.Limits.KeepAliveTimeout = limits.KeepAlive;
        options.Limits.MinRequestBodyDataRate = rate;
        options.Limits.MinResponseDataRate = rate;
        options.Limits.Http2.MaxStreamsPerConnection = limits.Http2Streams;
        options.Limits.Http2.MaxRequestHeaderFieldSize = limits.Headers;
        // Bytes as they came: what a visitor sent above ASCII reaches the server unchanged, and the other way.
        options.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
    }
}
