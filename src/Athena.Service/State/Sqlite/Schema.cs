using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Athena.Service.State.Sqlite;

/// <summary>The tables of the file, as steps from one version of the schema to the next. A new file takes them all, an older one those that it lacks.</summary>
/// <remarks>
/// A step is written once and never changed: files that took it are out there. Every version can be read by all later ones before it is brought up, so that a file is judged first and changed afterwards.
/// </remarks>
internal static class Schema
{
    /// <summary>The one that this program writes.</summary>
    public const int Version = 2;

    private static readonly string[] Steps =
    [
        """
        CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, hash INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, version INTEGER NOT NULL, reserved INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
        """,
        // Which program brought the file to which schema: an older program that refuses it can name the one to start.
        "CREATE TABLE schemas (version INTEGER PRIMARY KEY, program TEXT NOT NULL, time TEXT NOT NULL) STRICT;",
    ];

    /// <summary>Takes all steps after a version, within the transaction that is open.</summary>
    public static void Raise(SqliteConnection connection, int from, DateTimeOffset now)
    {
        for (var version = from + 1; version <= Version; version++)
        {
            Run(connection, Steps[version - 1]);
        }
        using (var made = connection.CreateCommand())
        {
            made.CommandText = "INSERT INTO schemas VALUES ($version, $program, $time)";
            made.Parameters.AddWithValue("$version", Version);
            made.Parameters.AddWithValue("$program", Program);
            made.Parameters.AddWithValue("$time", now.ToString("O", CultureInfo.InvariantCulture));
            made.ExecuteNonQuery();
        }
        Run(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}"));
    }

    /// <summary>The version of a file.</summary>
    /// <exception cref="StoreNewerException">One that a newer program made.</exception>
    /// <exception cref="StoreDamagedException">None that ever was.</exception>
    public static int Of(SqliteConnection connection)
    {
        var version = (long)Scalar(connection, "PRAGMA user_version")!;
        if (version > Version)
        {
            throw new StoreNewerException(string.Create(CultureInfo.InvariantCulture, $"it was written by a newer version of Athena{By(connection)} (schema {version}; this one knows {Version}); start that version"));
        }
        return version >= 1 ? (int)version : throw new StoreDamagedException(string.Create(CultureInfo.InvariantCulture, $"its schema has the version {version}, which never was"));
    }

    private static string Program { get; } = typeof(Schema).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private static string By(SqliteConnection connection)
    {
        try
        {
            return Scalar(connection, "SELECT program FROM schemas ORDER BY version DESC LIMIT 1") is string { Length: > 0 } program ? $", {program}" : "";
        }
        catch (SqliteException)
        {
            // A newer one may keep that otherwise.
            return "";
        }
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
