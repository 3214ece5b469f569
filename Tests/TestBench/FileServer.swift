/// A web server on this machine that serves a folder; it ends with the last reference to it.
package struct FileServer {
    package let url: String
    private let program: RunningProgram

    package init(_ folder: String) throws {
        let serve = """
            import functools, http.server, sys
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        program = try Program("/usr/bin/python3", ["-c", serve, folder]).start()
        guard let port = try program.nextLine() else { throw BenchError("the server did not start") }
        url = "http://127.0.0.1:\(port)"
    }

    package func stop() { program.signal(9) }
}
