namespace Athena.LoadBench.Proxying;

/// <summary>Configurations of the peers: no access logs, connections kept on both sides, no word added to requests.</summary>
internal static class Peers
{
    private static readonly string[] HttpdModules = ["mpm_event", "authz_core", "proxy", "proxy_http", "proxy_balancer", "lbmethod_byrequests", "slotmem_shm"];

    /// <summary>Three servers that answer 100 bytes each, in one nginx.</summary>
    public static string Servers(IEnumerable<int> ports) => Nginx($$"""
        {{string.Join("\n", ports.Select(p => $"server {{ listen 127.0.0.1:{p} backlog=4096 reuseport; location / {{ default_type text/plain; return 200 '{new string('x', 99)}\n'; }} }}"))}}
        """);

    public static string NginxLeastConn(int port, IEnumerable<int> servers) => Nginx($$"""
        upstream farm { zone farm 128k; least_conn; {{string.Join(" ", servers.Select(s => $"server 127.0.0.1:{s};"))}} keepalive 256; keepalive_requests 100000000; }
        server { listen 127.0.0.1:{{port}} backlog=4096 reuseport; location / { proxy_pass http://farm; proxy_http_version 1.1; proxy_set_header Connection ""; } }
        """);

    public static string HaproxyLeastConn(int port, IEnumerable<int> servers) => $"""
        global
            nbthread 2
            maxconn 4000
        defaults
            mode http
            timeout connect 5s
            timeout client 60s
            timeout server 60s
            option http-keep-alive
            http-reuse always
        frontend front
            bind 127.0.0.1:{port}
            default_backend farm
        backend farm
            balance leastconn
            {string.Join("\n    ", servers.Select((s, i) => $"server s{i} 127.0.0.1:{s}"))}

        """;

    public static string HttpdByRequests(int port, IEnumerable<int> servers, string folder) => $"""
        ServerRoot {folder}
        PidFile {folder}/httpd.pid
        ErrorLog {folder}/httpd.log
        LogLevel crit
        ServerName localhost
        Listen 127.0.0.1:{port}
        User daemon
        Group daemon
        {string.Join("\n", HttpdModules.Select(m => $"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so"))}
        StartServers 2
        ServerLimit 8
        ThreadsPerChild 64
        MaxRequestWorkers 512
        KeepAlive On
        MaxKeepAliveRequests 0
        KeepAliveTimeout 60
        <Proxy balancer://farm>
            {string.Join("\n    ", servers.Select(s => $"BalancerMember http://127.0.0.1:{s}"))}
        </Proxy>
        ProxyPass / balancer://farm/

        """;

    private static string Nginx(string http) => $$"""
        daemon off;
        worker_processes 2;
        user root;
        pid nginx.pid;
        error_log stderr crit;
        events { worker_connections 10000; }
        http {
            access_log off;
            keepalive_requests 100000000;
            keepalive_timeout 300s;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            {{http}}
        }

        """;
}
