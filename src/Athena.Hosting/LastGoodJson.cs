using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace Athena.Hosting;

/// <summary>A JSON configuration file whose last good content stays when a change of it cannot be read.</summary>
/// <remarks>The framework's own provider forgets everything when a changed file does not parse, and with it Kestrel's addresses.</remarks>
internal sealed class LastGoodJsonSource(Action<string> onRefused) : JsonConfigurationSource
{
    /// <summary>Puts a source of this kind in place of every JSON file of the builder.</summary>
    public static void ReplaceAll(IConfigurationBuilder builder, Action<string> onRefused)
    {
        for (var i = 0; i < builder.Sources.Count; i++)
        {
            if (builder.Sources[i] is JsonConfigurationSource file and not LastGoodJsonSource)
            {
                builder.Sources[i] = new LastGoodJsonSource(onRefused)
                {
                    FileProvider = file.FileProvider,
                    Path = file.Path ?? "",
                    Optional = file.Optional,
                    ReloadOnChange = file.ReloadOnChange,
                    ReloadDelay = file.ReloadDelay,
                };
            }
        }
    }

    public override IConfigurationProvider Build(IConfigurationBuilder builder)
    {
        EnsureDefaults(builder);
        return new Provider(this, onRefused);
    }

    private sealed class Provider(LastGoodJsonSource source, Action<string> onRefused) : JsonConfigurationProvider(source)
    {
        private IDictionary<string, string?>? _lastGood;

        public override void Load(Stream stream)
        {
            try
            {
                base.Load(stream);
                _lastGood = Data;
            }
            catch (Exception e) when (_lastGood is not null)
            {
                onRefused($"{Source.Path}: {e.InnerException?.Message ?? e.Message}");
            }
        }

        public override bool TryGet(string key, out string? value)
        {
            KeepLastGood();
            return base.TryGet(key, out value);
        }

        public override IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath)
        {
            KeepLastGood();
            return base.GetChildKeys(earlierKeys, parentPath);
        }

        /// <summary>The framework empties the data when the file is gone.</summary>
        private void KeepLastGood()
        {
            if (_lastGood is not null && !ReferenceEquals(Data, _lastGood))
            {
                Data = _lastGood;
                onRefused($"{Source.Path} is gone");
            }
        }
    }
}
