using System.Collections.Concurrent;

namespace Athena.Engine.Tests;

/// <summary>A thread that does one thing after another, while the test waits.</summary>
internal sealed class Worker : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly SemaphoreSlim _done = new(0);
    private readonly Thread _thread;
    private Exception? _failure;

    public Worker()
    {
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public void Do(Action work)
    {
        _work.Add(work);
        _done.Wait(TestContext.Current.CancellationToken);
        if (_failure is not null)
        {
            throw new InvalidOperationException("the thread's work failed", _failure);
        }
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
        _done.Dispose();
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                _failure = e;
            }
            _done.Release();
        }
    }
}
