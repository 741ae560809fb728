using System.Runtime.InteropServices;

namespace Athena.Engine.Farms;

/// <summary>A number whose neighbours in an array are two cache lines away, for processors fetch lines in pairs. The first and the last of such an array are left unused.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct ApartLong
{
    [FieldOffset(0)]
    public long Value;
}
