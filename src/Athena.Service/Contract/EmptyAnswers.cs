namespace Athena.Service.Contract;

/// <summary>Gives an answer that has only a status code (no such route, no such method) its body.</summary>
/// <remarks>As the framework's status code pages, without their state machine: an answer that is there at once, as most are, costs one comparison.</remarks>
internal sealed class EmptyAnswers(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var answering = next(context);
        return answering.IsCompletedSuccessfully && !IsEmptyError(context.Response) ? answering : FillAsync(answering, context);
    }

    private static async Task FillAsync(Task answering, HttpContext context)
    {
        await answering;
        if (IsEmptyError(context.Response))
        {
            await HttpErrors.WriteForEmptyAnswer(context);
        }
    }

    private static bool IsEmptyError(HttpResponse response) =>
        response is { StatusCode: >= 400 and < 600, HasStarted: false, ContentLength: null, ContentType: null or "" };
}
