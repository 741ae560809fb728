using Athena.Service.State;
using Athena.Service.State.Memory;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Service.Tests.State.Memory;

public sealed class MemoryStateStoreTests
{
    [Fact]
    public async Task A_service_that_is_back_within_a_second_begins_above_every_revision_it_answered_before()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        var store = new MemoryStateStore(time);
        var content = await store.LoadAsync(default);
        var (version, revision) = (content.Version, content.Revision);
        for (var change = 0; change < 100; change++)
        {
            version = await store.SaveAsync(new StoreTransaction(version, ++revision, []), default);
        }
        time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.True((await new MemoryStateStore(time).LoadAsync(default)).Revision > revision);
    }
}
