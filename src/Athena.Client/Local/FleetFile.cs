using System.Text;
using Athena.V1;
using Google.Protobuf;

namespace Athena.Client.Local;

/// <summary>The last fleet, kept in a file as JSON, for a process that starts while the service is away.</summary>
internal static class FleetFile
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>Reads it.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static WatchFleetResponse? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            return Parser.Parse<WatchFleetResponse>(File.ReadAllText(path));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes it in one step: whoever reads sees the old one or the new one, also after a loss of power.</summary>
    public static void Write(string path, WatchFleetResponse fleet)
    {
        var draft = path + ".new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(fleet)));
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, path, overwrite: true);
    }
}
