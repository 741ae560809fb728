using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Athena.Engine.Steering;

namespace Athena.Engine.Tests.Steering;

/// <summary>Tokens made by hand, good and bad, without anything of what reads them.</summary>
internal static class Tokens
{
    public const string Header = """{"alg":"HS256","kid":"k1"}""";

    /// <summary>The time at which the tokens here are minted: FakeTimeProvider's first.</summary>
    public const long Now = 946684800;

    public static byte[] Secret { get; } = SecretOf(1);

    public static byte[] SecretOf(byte filler) => [.. Enumerable.Repeat(filler, 32)];

    public static SteeringSettings Settings(params (string Id, byte Filler, string[] Farms)[] keys) =>
        new() { Keys = [.. keys.Select(k => new SteeringKey(k.Id, SecretOf(k.Filler), k.Farms))] };

    /// <summary>Key k1, good for all farms.</summary>
    public static SteeringSettings OneKey { get; } = Settings(("k1", 1, []));

    /// <summary>Payload of a token for farm "web": good for an hour, with these members in place of or beside the usual ones.</summary>
    public static string Payload(string action = "stick", string subject = "a", string more = "", string audience = "\"web\"", long expires = Now + 3600) =>
        $$"""{"aud":{{audience}},"act":"{{action}}","sub":"{{subject}}","exp":{{expires}}{{more}}}""";

    public static string Sign(string payload, string header = Header, byte[]? secret = null) => SignText(Encode(header) + "." + Encode(payload), secret);

    public static string SignText(string text, byte[]? secret = null) =>
        text + "." + Base64Url.EncodeToString(HMACSHA256.HashData(secret ?? Secret, Encoding.UTF8.GetBytes(text)));

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
