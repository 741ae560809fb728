using Athena.Engine.Leases;
using Athena.Simulation.Choosers;

namespace Athena.Simulation.Model;

/// <summary>One run: a scenario, one way to balance, a seed. The same three give the same result, on every machine.</summary>
/// <remarks>What clients send, how servers stumble and which reports are lost comes from streams of its own, so that all contenders of a seed meet the same.</remarks>
internal sealed class SimulationRun
{
    private const long Second = VirtualClock.Second;
    private const double RestartEvery = 4;
    private const double RestartLength = 2;

    private readonly Scenario _scenario;
    private readonly VirtualClock _clock = new();
    private readonly Agenda _agenda = new();
    private readonly Dice _arrivals;
    private readonly Dice _noise;
    private readonly Dice _reports;
    private readonly IChooser _chooser;
    private readonly ServerModel[] _servers;
    private readonly ShareCount _shares;
    private readonly Queue<Request> _impatient = new();
    private readonly List<float> _latencies = [];
    private readonly double _rate;
    private readonly long _warmUp;
    private readonly long _end;
    private long _errors;
    private long _number;

    private SimulationRun(Scenario scenario, Contender contender, ulong seed)
    {
        _scenario = scenario;
        (_arrivals, _noise, _reports) = (new Dice(seed, 0), new Dice(seed, 1), new Dice(seed, 2));
        _chooser = contender.Make(scenario, _clock, new Dice(seed, 3));
        _servers = [.. scenario.Speeds.Select((_, i) => new ServerModel(i, scenario))];
        _shares = new ShareCount(scenario.Speeds);
        _rate = scenario.Capacity * scenario.Load;
        (_warmUp, _end) = (Ns(scenario.WarmUp), Ns(scenario.WarmUp + scenario.Length));
    }

    public static Result Of(Scenario scenario, Contender contender, ulong seed) => new SimulationRun(scenario, contender, seed).Run();

    private static long Ns(double seconds) => (long)(seconds * Second);

    private Result Run()
    {
        Begin();
        while (_agenda.TryNext(out var entry, out var at) && at < _end)
        {
            _clock.Now = at;
            Happen(entry);
        }
        return new Result(_latencies, _errors, _shares.Whole, _shares.WorstSecond);
    }

    private void Begin()
    {
        _agenda.Add(Ns(0.1), new(What.Tick));
        _agenda.Add(Second, new(What.SecondOver));
        _agenda.Add(Ns(0.01), new(What.GiveUp));
        for (var i = 0; i < _servers.Length; i++)
        {
            _agenda.Add(Ns(_reports.Unit() * _scenario.ReportPeriod), new(What.Report, i));
            if (_scenario.NoiseEvery > 0)
            {
                _agenda.Add(Ns(_noise.Exponential() * _scenario.NoiseEvery), new(What.NoiseBegins, i));
            }
        }
        if (_scenario.Restarts)
        {
            _agenda.Add(Ns(_scenario.WarmUp), new(What.Stop, 0));
        }
        // Closed: as many clients as give the load when an answer takes the time of one request on the slowest server.
        var clients = !_scenario.Closed ? 1 : _scenario.Clients > 0 ? _scenario.Clients : (int)(_rate * (_scenario.ThinkTime + _scenario.ServiceTime));
        for (var i = 0; i < clients; i++)
        {
            _agenda.Add(Ns(_scenario.Closed ? _arrivals.Unit() * _scenario.ThinkTime : 0), new(What.Ask));
        }
    }

    private void Happen(in Entry entry)
    {
        switch (entry.What)
        {
            case What.Ask:
                Ask();
                break;
            case What.Reach:
                Reach(entry.Attempt!);
                break;
            case What.Leave:
                Leave(_servers[entry.Server], entry.Version);
                break;
            case What.Answered:
                Answered(entry.Attempt!, OutcomeKind.Success);
                break;
            case What.Refused:
                Answered(entry.Attempt!, OutcomeKind.ServerError);
                break;
            case What.Unreachable:
                Unreachable(entry.Attempt!);
                break;
            case What.GiveUp:
                GiveUp();
                break;
            case What.Report:
                Report(entry.Server);
                break;
            case What.Reported:
                _chooser.Reported(entry.Server, (LoadReport)entry.Load!);
                break;
            case What.Tick:
                _chooser.Tick();
                _agenda.Add(_clock.Now + Ns(0.1), entry);
                break;
            case What.SecondOver:
                _shares.Next(_clock.Now > _warmUp);
                _agenda.Add(_clock.Now + Second, entry);
                break;
            default:
                Stumble(entry);
                break;
        }
    }

    /// <summary>What befalls a server.</summary>
    private void Stumble(in Entry entry)
    {
        var server = _servers[entry.Server];
        switch (entry.What)
        {
            case What.NoiseBegins:
                server.Slow(_scenario.NoiseSpeed, _clock.Now);
                _agenda.Add(_clock.Now + Ns(_noise.Exponential() * _scenario.NoiseLength), new(What.NoiseEnds, entry.Server));
                break;
            case What.NoiseEnds:
                server.Slow(1, _clock.Now);
                _agenda.Add(_clock.Now + Ns(_noise.Exponential() * _scenario.NoiseEvery), new(What.NoiseBegins, entry.Server));
                break;
            case What.Stop:
                foreach (var lost in server.Stop(_clock.Now))
                {
                    _agenda.Add(_clock.Now + Ns(_scenario.Hop), new(What.Refused, Attempt: lost));
                }
                _agenda.Add(_clock.Now + Second, new(What.FoundDown, entry.Server));
                _agenda.Add(_clock.Now + Ns(RestartLength), new(What.Start, entry.Server));
                _agenda.Add(_clock.Now + Ns(RestartEvery), new(What.Stop, (entry.Server + 1) % _servers.Length));
                break;
            case What.Start:
                server.Start(_clock.Now);
                _agenda.Add(_clock.Now + Second, new(What.FoundUp, entry.Server));
                break;
            case What.FoundDown or What.FoundUp:
                _chooser.Found(entry.Server, entry.What == What.FoundUp);
                break;
        }
        Wake(server);
    }

    private void Ask()
    {
        var request = new Request(_number++, _arrivals.Below(_scenario.Proxies), _arrivals.LogNormal(_scenario.Deviation), _clock.Now);
        _impatient.Enqueue(request);
        Send(request, excluded: -1);
        if (!_scenario.Closed)
        {
            _agenda.Add(_clock.Now + Ns(_arrivals.Exponential() / _rate), new(What.Ask));
        }
    }

    private void Send(Request request, int excluded)
    {
        var choice = _chooser.Choose(request.Proxy, excluded);
        if (choice.Server < 0)
        {
            Done(request, isError: true);
            return;
        }
        _shares.Chosen(choice.Server);
        request.Attempt = new Attempt(request, choice, _clock.Now, excluded >= 0);
        _agenda.Add(_clock.Now + Ns(_chooser.LookUp + _scenario.Hop), new(What.Reach, Attempt: request.Attempt));
    }

    private void Reach(Attempt attempt)
    {
        var server = _servers[attempt.Choice.Server];
        if (!server.IsUp)
        {
            _agenda.Add(_clock.Now + Ns(_scenario.Hop), new(What.Unreachable, Attempt: attempt));
        }
        else if (!server.Take(attempt, _clock.Now))
        {
            _agenda.Add(_clock.Now + Ns(_scenario.Hop), new(What.Refused, Attempt: attempt));
        }
        else
        {
            Wake(server);
        }
    }

    private void Leave(ServerModel server, int version)
    {
        if (version != server.Version)
        {
            return;
        }
        while (server.Leave(_clock.Now) is { } attempt)
        {
            _agenda.Add(_clock.Now + Ns(_scenario.Hop), new(What.Answered, Attempt: attempt));
        }
        Wake(server);
    }

    private void Wake(ServerModel server)
    {
        if (server.NextLeave(_clock.Now) is { } at)
        {
            _agenda.Add(at, new(What.Leave, server.Index, server.Version));
        }
    }

    private void Answered(Attempt attempt, OutcomeKind outcome)
    {
        if (!attempt.Request.IsDone)
        {
            _chooser.Ended(attempt.Request.Proxy, attempt.Choice, outcome, _clock.Now - attempt.Chosen);
            Done(attempt.Request, outcome != OutcomeKind.Success);
        }
    }

    /// <summary>Nothing was sent yet: the proxy tries one other server.</summary>
    private void Unreachable(Attempt attempt)
    {
        if (attempt.Request.IsDone)
        {
            return;
        }
        _chooser.Ended(attempt.Request.Proxy, attempt.Choice, OutcomeKind.ConnectFailure, _clock.Now - attempt.Chosen);
        if (attempt.IsRetry)
        {
            Done(attempt.Request, isError: true);
        }
        else
        {
            Send(attempt.Request, attempt.Choice.Server);
        }
    }

    private void GiveUp()
    {
        while (_impatient.TryPeek(out var request) && (request.IsDone || _clock.Now - request.Asked >= Ns(_scenario.Timeout)))
        {
            _impatient.Dequeue();
            if (!request.IsDone)
            {
                _chooser.Ended(request.Proxy, request.Attempt!.Choice, OutcomeKind.Timeout, _clock.Now - request.Attempt.Chosen);
                Done(request, isError: true);
            }
        }
        _agenda.Add(_clock.Now + Ns(0.01), new(What.GiveUp));
    }

    private void Done(Request request, bool isError)
    {
        request.IsDone = true;
        if (request.Asked >= _warmUp)
        {
            _latencies.Add((_clock.Now - request.Asked) / 1e6f);
            _errors += isError ? 1 : 0;
        }
        if (_scenario.Closed)
        {
            _agenda.Add(_clock.Now + Ns(_arrivals.Exponential() * _scenario.ThinkTime), new(What.Ask));
        }
    }

    private void Report(int place)
    {
        var server = _servers[place];
        var (lost, late) = (_reports.Unit() < _scenario.ReportLoss, _reports.Unit() * _scenario.ReportPeriod / 10);
        if (server.IsUp && !lost)
        {
            _agenda.Add(_clock.Now + Ns(late), new(What.Reported, place, Load: server.Report(_clock.Now)));
        }
        _agenda.Add(_clock.Now + Ns(_scenario.ReportPeriod * (0.95 + (0.1 * _reports.Unit()))), new(What.Report, place));
    }
}
