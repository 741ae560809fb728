using Athena.Hosting;
using Microsoft.Extensions.Configuration;

namespace Athena.Service.Tests.Hosting;

public sealed class BinderFaultTests
{
    [Theory]
    [InlineData("Door:Colour", "pink", "Shop:Door:Colour: 'pink' is not red or deepblue")]
    [InlineData("Open", "8 am", "Shop:Open: '8 am' is not a time; write hh:mm:ss or d.hh:mm:ss")]
    [InlineData("Visitors", "many", "Shop:Visitors: 'many' is not a whole number")]
    [InlineData("Rate", "it's", "Shop:Rate: 'it's' is not a number")]
    [InlineData("Sunday", "maybe", "Shop:Sunday: 'maybe' is not true or false")]
    public void A_fault_names_the_key_and_what_may_stand_there(string key, string value, string fault)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"Shop:{key}", value)]).Build();
        var e = Assert.Throws<InvalidOperationException>(() => configuration.GetSection("Shop").Get<ShopOptions>());
        Assert.True(BinderFault.Is(e));
        Assert.Equal(fault, BinderFault.Of(e));
    }

    [Fact]
    public void A_fault_in_words_that_nobody_knows_passes_as_it_is()
    {
        var e = new InvalidOperationException("outer", new InvalidOperationException("inner"));
        Assert.False(BinderFault.Is(e));
        Assert.Equal("outer inner", BinderFault.Of(e));
    }

    private enum Colour
    {
        Red,
        DeepBlue,
    }

    private sealed class ShopOptions
    {
        public TimeSpan Open { get; set; }

        public int Visitors { get; set; }

        public double Rate { get; set; }

        public bool Sunday { get; set; }

        public DoorOptions Door { get; set; } = new();
    }

    private sealed class DoorOptions
    {
        public Colour Colour { get; set; }
    }
}
