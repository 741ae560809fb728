using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Athena.LoadBench.Watching;

/// <summary>A process of watchers, each on a connection of its own, as cheap as can be: one thread, and the kernel drops what came, unless a word is to be heard.</summary>
/// <remarks>Commands: `bytes` answers with the bytes that came so far, `hear WORD` at once and again when every watcher got this word. Every second watcher reads server-sent events.</remarks>
internal sealed partial class WatchReaders(int port, int count) : IDisposable
{
    public const string Verb = "watch-readers";

    private const int ReadAtOnce = 256 << 10;
    private const int Kept = 64;
    private const int Input = 1;
    private const int Truncate = 0x20;
    private const int Add = 1;

    // struct epoll_event is packed on x86-64 alone.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly int _poll = EpollCreate(0);
    private readonly List<Socket> _sockets = [];
    private readonly byte[][] _tails = new byte[count][];
    private readonly bool[] _heard = new bool[count];
    private readonly byte[] _buffer = new byte[Kept + ReadAtOnce];
    private readonly byte[] _events = new byte[16 * 512];
    private readonly ConcurrentQueue<string> _commands = new();
    private byte[]? _word;
    private int _missing;
    private long _bytes;

    public static void Run(int port, int count)
    {
        using var readers = new WatchReaders(port, count);
        readers.Connect();
        Console.WriteLine("ready");
        new Thread(readers.TakeCommands) { IsBackground = true }.Start();
        readers.Read();
    }

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    /// <summary>Opens all streams, some at a time, and reads their snapshots.</summary>
    private void Connect()
    {
        _word = "\"snapshot\""u8.ToArray();
        for (var place = 0; place < count; place++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            socket.Connect(IPAddress.Loopback, port);
            var accept = place % 2 == 0 ? "Accept: text/event-stream\r\n" : "";
            socket.Send(Encoding.ASCII.GetBytes($"GET /v1/health:watch HTTP/1.1\r\nHost: athena\r\n{accept}\r\n"));
            socket.Blocking = false;
            _tails[place] = [];
            var wanted = new byte[Stride];
            wanted[0] = Input;
            BitConverter.TryWriteBytes(wanted.AsSpan(Stride - sizeof(long)), (long)place);
            Check(EpollControl(_poll, Add, (int)socket.Handle, wanted));
            _missing++;
            while (_missing > (place == count - 1 ? 0 : 50))
            {
                Turn();
            }
        }
        _word = null;
    }

    private void TakeCommands()
    {
        while (Console.ReadLine() is { } line)
        {
            _commands.Enqueue(line);
        }
        Environment.Exit(0);
    }

    private void Read()
    {
        while (true)
        {
            Turn();
            if (_word is not null && _missing == 0)
            {
                _word = null;
                Console.WriteLine("heard");
            }
            if (!_commands.TryDequeue(out var command))
            {
                continue;
            }
            if (command.Split(' ') is ["hear", var word])
            {
                (_word, _missing) = (Encoding.ASCII.GetBytes(word), count);
                Array.Clear(_heard);
                Array.Fill(_tails, []);
                Console.WriteLine("hearing");
            }
            else
            {
                Console.WriteLine(_bytes.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>Reads once from each socket that has something, or waits a moment.</summary>
    private void Turn()
    {
        var ready = EpollWait(_poll, _events, 512, 10);
        Check(ready);
        for (var i = 0; i < ready; i++)
        {
            ReadFrom((int)BitConverter.ToInt64(_events, ((i + 1) * Stride) - sizeof(long)));
        }
    }

    private void ReadFrom(int place)
    {
        var socket = (int)_sockets[place].Handle;
        if (_word is not { } word || _heard[place])
        {
            Took(Receive(socket, ref _buffer[0], int.MaxValue, Truncate));
            return;
        }
        var tail = _tails[place];
        tail.CopyTo(_buffer, 0);
        var read = Took(Receive(socket, ref _buffer[tail.Length], ReadAtOnce, 0));
        var all = _buffer.AsSpan(0, tail.Length + read);
        if (all.IndexOf(word) >= 0)
        {
            _heard[place] = true;
            _missing--;
        }
        _tails[place] = all[^Math.Min(all.Length, Kept)..].ToArray();
    }

    private int Took(nint read)
    {
        if (read <= 0)
        {
            throw new IOException("the service ended a stream");
        }
        _bytes += read;
        return (int)read;
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollControl(int poll, int what, int descriptor, byte[] wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollWait(int poll, [Out] byte[] events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Receive(int socket, ref byte into, nint length, int flags);
}
