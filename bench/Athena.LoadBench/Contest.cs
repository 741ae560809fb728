using Athena.V1;
using Google.Protobuf;

namespace Athena.LoadBench;

/// <summary>What is asked of both sides.</summary>
internal static class Contest
{
    public const string Farm = "farm_one";
    public const string ClassicPath = "/ath/balance/";
    public const string ClassicQuery = "?" + Farm;
    public const string UnaryPath = "/athena.v1.BalancerService/Balance";

    /// <summary>The service's configuration: a farm of three servers.</summary>
    public const string Configuration = """
        {
          "Athena": {
            "Servers": {
              "one": { "Address": "http://127.0.0.1:9001" },
              "two": { "Address": "http://127.0.0.1:9002" },
              "three": { "Address": "http://127.0.0.1:9003" }
            },
            "Farms": { "farm_one": { "Members": { "one": {}, "two": {}, "three": {} } } }
          }
        }
        """;

    /// <summary>The body of a unary call: not compressed, length, message.</summary>
    public static byte[] UnaryBody()
    {
        var message = new BalanceRequest { Farm = Farm }.ToByteArray();
        return [0, 0, 0, 0, (byte)message.Length, .. message];
    }
}
