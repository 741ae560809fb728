using System.Threading.Channels;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Grpc.Core;

namespace Athena.Cli.Top;

/// <summary>`athena top` on a terminal: a screen of its own, redrawn at each look and each key.</summary>
internal static class LiveTop
{
    // Its own screen, no cursor, and lines that end at the edge: characters may be wider than they are counted.
    private const string EnterScreen = "\e[?1049h\e[?25l\e[?7l";
    private const string LeaveScreen = "\e[?7h\e[?25h\e[?1049l";

    public static async Task<int> RunAsync(Session session, TopModel model, TimeSpan interval)
    {
        var (view, time) = (new TopView(), session.Terminal.Time);
        // A service that cannot be reached at all is said in the ordinary way, not on a screen of its own.
        await TopLook.LookAsync(session, model);
        var keys = session.Terminal.Keys();
        await session.Out.WriteAsync(EnterScreen);
        try
        {
            string? trouble = null;
            var next = time.GetTimestamp();
            while (!view.IsOver && !session.Cancellation.IsCancellationRequested)
            {
                var (width, height) = session.Terminal.Size();
                if (time.GetElapsedTime(next) >= TimeSpan.Zero)
                {
                    trouble = view.IsPaused ? trouble : await TryLookAsync(session, model, view, height);
                    next = time.GetTimestamp() + (long)(interval.TotalSeconds * time.TimestampFrequency);
                }
                await DrawAsync(session, TopScreen.Draw(model, view, session.Address, trouble, width, height), width, height);
                await WaitAsync(keys, view, model, -time.GetElapsedTime(next), height, session);
            }
        }
        catch (OperationCanceledException) when (session.Cancellation.IsCancellationRequested)
        {
            // Ctrl-C is a way to quit like any other.
        }
        finally
        {
            await session.Out.WriteAsync(LeaveScreen);
            await session.Out.FlushAsync(CancellationToken.None);
        }
        return ExitCodes.Well;
    }

    /// <summary>Until the next look is due, or keys were pressed.</summary>
    private static async Task WaitAsync(ChannelReader<ConsoleKeyInfo> keys, TopView view, TopModel model, TimeSpan rest, int height, Session session)
    {
        var cancellation = session.Cancellation;
        using var due = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = session.Terminal.Time.CreateTimer(_ => due.Cancel(), null, rest > TimeSpan.Zero ? rest : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        try
        {
            await keys.WaitToReadAsync(due.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return;
        }
        while (keys.TryRead(out var key))
        {
            var farms = model.Farms();
            view.Press(key, [.. farms.Select(f => f.Name)], model.Servers(view).Count, TopScreen.Page(farms.Count, height, view.ShowsHelp));
        }
    }

    /// <returns>What went wrong; null: nothing.</returns>
    private static async Task<string?> TryLookAsync(Session session, TopModel model, TopView view, int height)
    {
        try
        {
            await TopLook.LookAsync(session, model);
            await TopLook.StatisticsAsync(session, model, model.Servers(view).Skip(view.Scroll).Take(height).Select(s => s.Name));
            return null;
        }
        catch (RpcException e) when (!session.Cancellation.IsCancellationRequested)
        {
            return Faults.Explain(e, session.Address).Lines[0];
        }
        catch (RpcException)
        {
            throw new OperationCanceledException(session.Cancellation);
        }
    }

    /// <summary>Writes a whole screen at once, over the one before, so that nothing flickers.</summary>
    private static async Task DrawAsync(Session session, IReadOnlyList<IReadOnlyList<Span>> screen, int width, int height)
    {
        // At the edge the cursor stands on the last character, which erasing the rest of the line would take.
        var lines = screen.Select(l => string.Concat(l.Select(s => Text(s, session.Terminal.IsRich))) + (l.Sum(s => s.Text.Length) < width ? "\e[K" : ""));
        await session.Out.WriteAsync($"\e[H{string.Join("\r\n", lines)}{(screen.Count < height ? "\r\n\e[J" : "")}");
        await session.Out.FlushAsync(session.Cancellation);
    }

    /// <summary>Without colours heads are still told from rows.</summary>
    private static string Text(Span span, bool coloured) => (span, coloured) switch
    {
        ({ IsHead: true }, _) => $"\e[7m{span.Text}\e[0m",
        ({ Tone: Tone.Good }, true) => $"\e[32m{span.Text}\e[0m",
        ({ Tone: Tone.Warning }, true) => $"\e[33m{span.Text}\e[0m",
        ({ Tone: Tone.Bad }, true) => $"\e[31m{span.Text}\e[0m",
        ({ Tone: Tone.Faint }, true) => $"\e[90m{span.Text}\e[0m",
        _ => span.Text,
    };
}
