using System.IO.Pipelines;

namespace Athena.Gateway.Edge;

/// <summary>A connection whose input passes a gate.</summary>
internal sealed class GatedTransport(IDuplexPipe connection, IByteGate gate) : IDuplexPipe
{
    public PipeReader Input { get; } = new GatedReader(connection.Input, gate);

    public PipeWriter Output => connection.Output;
}
