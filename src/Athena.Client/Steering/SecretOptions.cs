using System.ComponentModel.DataAnnotations;
using Athena.Engine.Steering;

namespace Athena.Client.Steering;

/// <summary>A secret of 32 bytes or more, given as base64 or in a file that holds the same.</summary>
public class SecretOptions : IValidatableObject
{
    private const int LargestFile = 16 << 10;

    private byte[]? _read;

    /// <summary>The secret in base64; this or <see cref="SecretFile"/>.</summary>
    public string? Secret { get; set; }

    /// <summary>File that holds the secret in base64; read once, when it is first asked for.</summary>
    public string? SecretFile { get; set; }

    /// <summary>The secret.</summary>
    /// <exception cref="InvalidDataException">It is missing, cannot be read, is no base64 or too short. The message never has the secret.</exception>
    public byte[] Read() => _read ??= Decode();

    /// <inheritdoc/>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        string? fault = null;
        try
        {
            Read();
        }
        catch (InvalidDataException e)
        {
            fault = e.Message;
        }
        return fault is null ? [] : [new ValidationResult(fault)];
    }

    private byte[] Decode()
    {
        if (string.IsNullOrEmpty(Secret) == string.IsNullOrEmpty(SecretFile))
        {
            throw new InvalidDataException("give either Secret or SecretFile");
        }
        var (text, name) = (Secret, nameof(Secret));
        if (string.IsNullOrEmpty(text))
        {
            name = nameof(SecretFile);
            try
            {
                text = new FileInfo(SecretFile!) is { Length: <= LargestFile } ? File.ReadAllText(SecretFile!) : "";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                throw new InvalidDataException($"{name}: the file cannot be read: {e.Message}", e);
            }
        }
        if (!SteeringKey.TryDecodeSecret(text, out var bytes))
        {
            throw new InvalidDataException($"{name} is not base64; `openssl rand -base64 32` makes a good one");
        }
        return bytes.Length >= SteeringKey.MinSecret ? bytes
            : throw new InvalidDataException($"{name} has {bytes.Length} bytes; at least {SteeringKey.MinSecret} are needed; `openssl rand -base64 32` makes a good one");
    }
}
