using Microsoft.AspNetCore.Http.Features;

namespace Athena.Gateway.Resolution.Retries;

/// <summary>A visitor's body that knows whether anybody began to read it: what was not read was not sent.</summary>
internal sealed class UntouchedBody(Stream body) : Stream
{
    /// <summary>Whether nobody began to read.</summary>
    public bool IsUntouched { get; private set; } = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Watches the body of a request; null when it can have none.</summary>
    public static UntouchedBody? Watch(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
        {
            return null;
        }
        var watched = new UntouchedBody(context.Request.Body);
        context.Request.Body = watched;
        return watched;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsUntouched = false;
        return body.ReadAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        IsUntouched = false;
        return body.ReadAsync(buffer, offset, count, cancellationToken);
    }

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        IsUntouched = false;
        return body.CopyToAsync(destination, bufferSize, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        IsUntouched = false;
        return body.Read(buffer, offset, count);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
