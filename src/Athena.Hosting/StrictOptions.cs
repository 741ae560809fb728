using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Athena.Hosting;

/// <summary>Options from a section of the configuration in which a key that nobody knows is a fault.</summary>
public static class StrictOptions
{
    /// <summary>Reads the options from the section, and checks at start, and each time they are made anew, that all its keys are known.</summary>
    /// <typeparam name="T">The options.</typeparam>
    public static void AddStrictOptions<T>(this IServiceCollection services, string section)
        where T : class
    {
        // The binder must be strict as well: else it passes over values in lists that it cannot read.
        services.AddOptions<T>()
            .Configure<IConfiguration>((_, configuration) => RefuseUnknown(configuration.GetSection(section), typeof(T)))
            .BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
    }

    private static void RefuseUnknown(IConfigurationSection section, Type type)
    {
        if (Faults(section, type).ToArray() is { Length: > 0 } faults)
        {
            throw new OptionsValidationException(section.Path, type, faults);
        }
    }

    /// <summary>What is wrong with the keys below a section that is read as a type, each by its path.</summary>
    /// <remarks>The framework's binder knows the first such key alone, and names the class in place of the path.</remarks>
    private static IEnumerable<string> Faults(IConfigurationSection section, Type type)
    {
        if (TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string)))
        {
            return [];
        }
        if (ElementOf(type) is { } element)
        {
            return section.GetChildren().SelectMany(child => Faults(child, element));
        }
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is not null).ToArray();
        return section.GetChildren().SelectMany(child => Array.Find(properties, p => p.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is { } known
            ? Faults(child, known.PropertyType)
            : [$"{child.Path}: there is no such key; there are {string.Join(", ", properties.Select(p => p.Name))}"]);
    }

    /// <summary>What a list or a dictionary holds; null: the type is neither.</summary>
    private static Type? ElementOf(Type type) => type.IsArray ? type.GetElementType()
        : type.GetInterfaces().Append(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0] is not { } element ? null
        : element.IsGenericType && element.GetGenericTypeDefinition() == typeof(KeyValuePair<,>) ? element.GetGenericArguments()[1]
        : element;
}
