using System.Text;

namespace Athena.Service.Classic;

/// <summary>The text in the body of a POST.</summary>
internal static class ClassicBody
{
    /// <summary>Longest import of a mirror, in bytes.</summary>
    public const int MaxImport = 4 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The body as text, without the newline at its end.</summary>
    /// <param name="request">The request, of any content type: clients name what their library likes.</param>
    /// <param name="max">Longest body, in bytes.</param>
    public static async Task<(string? Text, ClassicFault? Fault)> ReadAsync(HttpRequest request, int max)
    {
        var body = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0;)
            {
                if (body.Length + read > max)
                {
                    return (null, ClassicFault.TooMuch($"the body is larger than {max} bytes"));
                }
                body.Write(buffer, 0, read);
            }
            return (Strict.GetString(body.GetBuffer(), 0, (int)body.Length).TrimEnd('\r', '\n'), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, ClassicFault.Syntax("the body is not text in UTF-8"));
        }
        catch (BadHttpRequestException e)
        {
            return (null, new ClassicFault(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? $"the body is larger than {max} bytes" : "the body cannot be read"));
        }
    }
}
