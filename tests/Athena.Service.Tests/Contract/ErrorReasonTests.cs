using Athena.Service.Contract;
using Athena.V1;

namespace Athena.Service.Tests.Contract;

public sealed class ErrorReasonTests
{
    [Theory]
    [InlineData(ErrorReason.NoAvailableMember, "NO_AVAILABLE_MEMBER")]
    [InlineData(ErrorReason.StatRejected, "STAT_REJECTED")]
    public void A_reason_goes_out_without_the_prefix_of_its_enumeration(ErrorReason reason, string name) => Assert.Equal(name, ApiErrors.NameOf(reason));
}
