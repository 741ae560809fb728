namespace Athena.Service.Contract;

/// <summary>Tells calls of gRPC, which bring their errors in trailers, from plain HTTP.</summary>
internal static class GrpcCall
{
    public static bool Is(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
}
