using System.Buffers;
using Athena.Engine.Farms;
using Athena.Engine.Steering;

namespace Athena.Service.State;

/// <summary>Keys of steering tokens, and where tokens are looked for. Secrets are never part of a fault.</summary>
internal sealed partial class FleetConfiguration
{
    private const int MaxSecretFile = 16 << 10;
    private const int MaxCarrier = 64;

    private static readonly SearchValues<char> CarrierName =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The steering that the configuration holds now, and what is wrong with it.</summary>
    public static (SteeringConfiguration Steering, IReadOnlyList<FleetFault> Faults) ReadSteering(IConfiguration configuration, FleetValidator validator)
    {
        var reader = new FleetConfiguration(configuration, validator);
        return (reader.Steering(), reader._faults);
    }

    private SteeringConfiguration Steering()
    {
        var section = configuration.GetSection("Athena:Steering");
        Known(section, ["Cookie", "Header", "LongestLifetime", "Skew", "Keys"]);
        var normal = SteeringConfiguration.Default;
        var settings = new SteeringSettings
        {
            Keys = [.. section.GetSection("Keys").GetChildren().Select(Key).OfType<SteeringKey>()],
            LongestLifetime = Within(section, "LongestLifetime", normal.Settings.LongestLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            Skew = Within(section, "Skew", normal.Settings.Skew, TimeSpan.Zero, TimeSpan.FromMinutes(5)),
        };
        return new SteeringConfiguration(settings, Carrier(section, "Cookie", normal.Cookie), Carrier(section, "Header", normal.Header));
    }

    private SteeringKey? Key(IConfigurationSection section)
    {
        Known(section, ["Secret", "SecretFile", "Farms"]);
        var farms = section.GetSection("Farms").GetChildren().Select(f => f.Value ?? "").ToArray();
        var faults = _faults.Count;
        if (!EntityName.IsValid(section.Key))
        {
            _faults.Add(new FleetFault(section.Path, $"an id of a key follows the rule of names: {EntityName.Rule}"));
        }
        foreach (var farm in farms.Where(f => !EntityName.IsValid(f)))
        {
            _faults.Add(new FleetFault($"{section.Path}:Farms", EntityName.Rule));
        }
        if (section.GetSection("Farms").Value is { Length: > 0 })
        {
            _faults.Add(new FleetFault($"{section.Path}:Farms", "must be a list of farms"));
        }
        var secret = Secret(section);
        return _faults.Count == faults && secret is not null ? new SteeringKey(section.Key, secret, farms) : null;
    }

    private byte[]? Secret(IConfigurationSection section)
    {
        var (text, file, path) = (section["Secret"], section["SecretFile"], $"{section.Path}:Secret");
        if (string.IsNullOrEmpty(text) == string.IsNullOrEmpty(file))
        {
            _faults.Add(new FleetFault(path, "give either Secret or SecretFile"));
            return null;
        }
        if (!string.IsNullOrEmpty(file))
        {
            path = $"{section.Path}:SecretFile";
            try
            {
                text = new FileInfo(file) is { Length: <= MaxSecretFile } ? File.ReadAllText(file) : "";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                _faults.Add(new FleetFault(path, $"the file cannot be read: {e.Message}"));
                return null;
            }
        }
        if (!SteeringKey.TryDecodeSecret(text!, out var bytes))
        {
            _faults.Add(new FleetFault(path, "is not base64; `openssl rand -base64 32` makes a good one"));
            return null;
        }
        if (bytes.Length < SteeringKey.MinSecret)
        {
            _faults.Add(new FleetFault(path, $"has {bytes.Length} bytes; at least {SteeringKey.MinSecret} are needed; `openssl rand -base64 32` makes a good one"));
            return null;
        }
        return bytes;
    }

    private string Carrier(IConfigurationSection section, string key, string normal)
    {
        var name = section[key] ?? normal;
        if (name.Length is 0 or > MaxCarrier || name.AsSpan().ContainsAnyExcept(CarrierName))
        {
            _faults.Add(new FleetFault($"{section.Path}:{key}", $"must be 1 to {MaxCarrier} characters that a name of a {key.ToLowerInvariant()} may have"));
        }
        return name;
    }

    private TimeSpan Within(IConfigurationSection section, string key, TimeSpan normal, TimeSpan least, TimeSpan most)
    {
        var value = Duration(section, key) ?? normal;
        if (value < least || value > most)
        {
            _faults.Add(new FleetFault($"{section.Path}:{key}", FormattableString.Invariant($"must be from {least} to {most}")));
        }
        return value;
    }
}
