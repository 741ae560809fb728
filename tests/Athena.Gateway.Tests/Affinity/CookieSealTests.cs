using System.Buffers.Text;
using System.Security.Cryptography;
using Athena.Gateway.Affinity;

namespace Athena.Gateway.Tests.Affinity;

public sealed class CookieSealTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly CookieSeal _seal = new(RandomNumberGenerator.GetBytes(32));

    [Theory]
    [InlineData("a")]
    [InlineData("app01.example-x_y")]
    public void What_was_sealed_is_read_again(string server)
    {
        Assert.True(_seal.TryOpen("SHOP", _seal.Seal("shop", server, Noon), out var read, out var issued));
        Assert.Equal((server, Noon), (read, issued));
    }

    [Fact]
    public void A_name_of_any_length_fits()
    {
        for (var length = 1; length <= 253; length++)
        {
            var cookie = _seal.Seal("shop", new string('x', length), Noon);
            Assert.InRange(cookie.Length, 1, CookieSeal.MaxLength);
            Assert.True(_seal.TryOpen("shop", cookie, out var read, out _));
            Assert.Equal(length, read.Length);
        }
    }

    [Fact]
    public void No_two_cookies_are_alike_and_none_shows_its_server()
    {
        var cookies = Enumerable.Range(0, 1000).Select(_ => _seal.Seal("shop", "app01", Noon)).ToHashSet();
        Assert.Equal(1000, cookies.Count);
        Assert.DoesNotContain(cookies, c => Convert.ToHexString(Base64Url.DecodeFromChars(c)).Contains(Convert.ToHexString("app01"u8), StringComparison.Ordinal));
    }

    [Fact]
    public void A_cookie_of_another_farm_or_key_is_none()
    {
        var cookie = _seal.Seal("shop", "a", Noon);
        Assert.False(_seal.TryOpen("shop2", cookie, out _, out _));
        Assert.False(new CookieSeal(RandomNumberGenerator.GetBytes(32)).TryOpen("shop", cookie, out _, out _));
    }

    [Fact]
    public void Every_flip_of_a_bit_and_every_change_of_a_character_makes_it_none()
    {
        for (var i = 0; i < 100; i++)
        {
            var cookie = _seal.Seal("shop", new string('s', (i % 7) + 1), Noon);
            var bytes = Base64Url.DecodeFromChars(cookie);
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(_seal.TryOpen("shop", Base64Url.EncodeToString(bytes), out _, out _));
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
            // The last character has bits that mean nothing: another spelling is another cookie.
            foreach (var other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".Where(c => c != cookie[^1]))
            {
                Assert.False(_seal.TryOpen("shop", cookie[..^1] + other, out _, out _));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("app01")]
    [InlineData("=")]
    [InlineData("\u00e9\u00e9\u00e9\u00e9")]
    public void What_is_no_cookie_is_none(string text)
    {
        Assert.False(_seal.TryOpen("shop", text, out _, out _));
        var cookie = _seal.Seal("shop", "a", Noon);
        foreach (var odd in new[] { cookie + "=", cookie + " ", " " + cookie, cookie + cookie, cookie[..^4], cookie[..20] + "\n" + cookie[20..], new string('A', 100_000) })
        {
            Assert.False(_seal.TryOpen("shop", odd, out _, out _));
        }
    }

    [Fact]
    public void Random_texts_are_none()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var bytes = new byte[80];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            Assert.False(_seal.TryOpen("shop", Base64Url.EncodeToString(bytes.AsSpan(0, random.Next(bytes.Length))), out _, out _), $"seed {seed}, round {i}");
        }
    }
}
