using Demo;

return args is ["server", ..]
    ? await SampleServer.RunAsync(args[1..])
    : await Orchestra.RunAsync(freePorts: args.Contains("--free-ports"));
