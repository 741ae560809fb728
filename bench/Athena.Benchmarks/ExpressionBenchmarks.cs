using Athena.Engine.Policies.Expressions;
using BenchmarkDotNet.Attributes;

namespace Athena.Benchmarks;

/// <summary>A formula of ten terms: what one member's score costs, and what it costs to read and compile it.</summary>
public class ExpressionBenchmarks
{
    private const int Rounds = 100;
    private const int Members = 100;

    private ScoreTable _table = null!;
    private Formula _formula = null!;
    private double[] _row = [];
    private string _text = "";

    /// <summary>Prepares the farm.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var farm = Fleets.Hold(Fleets.Make(Fleets.ExpressionTwoChoices, Members)).Current.Farms[0];
        _table = (ScoreTable)farm.Groups[0].Prepared!;
        _formula = ((ExpressionOptions)farm.PolicyOptions!).Formula;
        _text = Fleets.TenTerms;
        _row = [.. Enumerable.Range(1, _formula.RowLength).Select(n => (double)n)];
    }

    /// <summary>The machine code alone.</summary>
    [Benchmark(OperationsPerInvoke = Rounds * Members)]
    public double Formula()
    {
        var sum = 0.0;
        for (var i = 0; i < Rounds * Members; i++)
        {
            sum += _formula.Evaluate(_row, i, i, 3);
        }
        return sum;
    }

    /// <summary>A member's score: the formula over its row, with its counters.</summary>
    [Benchmark(OperationsPerInvoke = Rounds * Members)]
    public double Score()
    {
        var sum = 0.0;
        for (var k = 0; k < Rounds; k++)
        {
            for (var i = 0; i < Members; i++)
            {
                sum += _table.ScoreOf(i);
            }
        }
        return sum;
    }

    /// <summary>Reads the text.</summary>
    [Benchmark]
    public bool Read() => ExpressionFault.Of(_text) is null;

    /// <summary>Compiles it, once per change of the text.</summary>
    [Benchmark]
    public object Compile() => Engine.Policies.Expressions.Formula.Compile(new Parser(_text).Parse()!, RaiseRule.Cost);
}
