using Athena.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Athena.Service.Tests.Hosting;

public sealed class StrictOptionsTests
{
    [Fact]
    public void Every_key_that_nobody_knows_is_named_by_its_path()
    {
        Assert.Equal(
            [
                "Shop:Door:Colours: there is no such key; there are Colour, Width", "Shop:Doors:1:Height: there is no such key; there are Colour, Width", "Shop:IsOpen: there is no such key; there are Open, Door, Doors, Named, Tags",
                "Shop:Named:back:Colourr: there is no such key; there are Colour, Width", "Shop:Opne: there is no such key; there are Open, Door, Doors, Named, Tags",
            ],
            Faults("Opne=09:00:00", "Door:Colours=red", "Doors:0:Width=1", "Doors:1:Height=2", "Named:back:Colourr=x", "IsOpen=true"));
    }

    [Fact]
    public void Keys_in_any_letters_texts_and_lists_of_texts_are_known()
    {
        Assert.Empty(Faults("open=09:00:00", "DOOR:colour=red", "door:width=2", "Doors:first:Width=1", "Named:any name:Colour=red", "Tags:0=a", "Tags:x=b"));
        Assert.Empty(Faults());
    }

    [Fact]
    public void A_value_in_a_list_that_cannot_be_read_is_a_fault_too()
    {
        Assert.Equal(["Shop:Doors:0:Width: 'wide' is not a number"], Faults("Doors:0:Width=wide"));
        Assert.Equal(["Shop:Named:back:Width: 'wide' is not a number"], Faults("Named:back:Width=wide"));
    }

    private static string[] Faults(params string[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => s.Split('=')).Select(s => KeyValuePair.Create($"Shop:{s[0]}", (string?)s[1]))).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration);
        services.AddStrictOptions<ShopOptions>("Shop");
        using var built = services.BuildServiceProvider();
        try
        {
            Assert.NotNull(built.GetRequiredService<IOptions<ShopOptions>>().Value);
            return [];
        }
        catch (OptionsValidationException e)
        {
            return [.. e.Failures.Order(StringComparer.Ordinal)];
        }
        catch (InvalidOperationException e) when (BinderFault.Is(e))
        {
            return [BinderFault.Of(e)];
        }
    }

    private sealed class ShopOptions
    {
        public TimeSpan Open { get; set; }

        public DoorOptions Door { get; init; } = new();

        public IList<DoorOptions> Doors { get; init; } = [];

        public IDictionary<string, DoorOptions> Named { get; init; } = new Dictionary<string, DoorOptions>();

        public IReadOnlyList<string> Tags { get; set; } = [];

        public bool IsOpen => Open > TimeSpan.Zero;
    }

    private sealed class DoorOptions
    {
        public string? Colour { get; set; }

        public double Width { get; set; }
    }
}
