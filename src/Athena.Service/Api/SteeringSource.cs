using Athena.Service.Contract;
using Athena.Service.State;
using Athena.V1;
using Grpc.Core;

namespace Athena.Service.Api;

/// <summary>Finds a token that a question does not carry in its field: in the header, or in the cookie of a JSON request.</summary>
internal sealed class SteeringSource(SteeringInForce steering)
{
    /// <summary>The token beside the question; null when there is none, or when the question has one itself.</summary>
    public string? Beside(BalanceRequest request, ServerCallContext context)
    {
        if (!string.IsNullOrEmpty(request.Steering))
        {
            return null;
        }
        var (http, names) = (context.GetHttpContext().Request, steering.Current);
        if (http.Headers.TryGetValue(names.Header, out var header) && header.Count > 0)
        {
            // Two of them become one text that is no token.
            return header.ToString();
        }
        if (http.Headers.Cookie.Count == 0 || GrpcCall.Is(http))
        {
            return null;
        }
        // A cookie with the prefix cannot come from a subdomain.
        return http.Cookies[names.HostCookie] ?? http.Cookies[names.Cookie];
    }
}
