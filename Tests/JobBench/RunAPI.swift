internal import RunnerGrammars
internal import TestBench

/// The API of a CI system on this machine, which tells of runs or jobs; it ends with the last reference to it.
package struct RunAPI {
    package static let token = "token-of-the-job"

    package let url: String
    private let folder: ScratchFolder
    private let program: RunningProgram

    package init() throws {
        // A file holds the status and the body of the reply to its path; who does not bring the token gets 401.
        let serve = """
            import http.server, os, sys, urllib.parse
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    path = sys.argv[1] + "/" + urllib.parse.quote(self.path, safe="")
                    sent = [self.headers.get("Authorization"), self.headers.get("JOB-TOKEN")]
                    status, body = "404", '{"message":"Not Found"}'
                    if not {"Bearer " + sys.argv[2], sys.argv[2]}.intersection(sent): status = "401"
                    elif os.path.exists(path): status, body = open(path).read().split(" ", 1)
                    self.send_response(int(status))
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body.encode())
                def log_message(self, *words): pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_port, flush=True)
            server.serve_forever()
            """
        folder = try ScratchFolder()
        program = try Program("/usr/bin/python3", ["-c", serve, folder.path, Self.token]).start()
        guard let port = try program.nextLine() else { throw BenchError("the server did not start") }
        url = "http://127.0.0.1:\(port)"
    }

    package func stop() { program.signal(9) }

    /// Answers what is asked of a run of `acme/app` on GitHub.
    package func answer(run: String, _ status: String, code: Int = 200) throws {
        let body = #"{"id":\#(run),"status":"\#(status)","run_attempt":1}"#
        try folder.write("\(code) \(body)", to: "/repos/acme/app/actions/runs/\(run)".replacing("/", by: "%2F"))
    }

    /// Answers what is asked of a job of `acme/app` on GitLab.
    package func answer(job: String, of pipeline: String, _ status: String, code: Int = 200) throws {
        let body = #"{"id":\#(job),"status":"\#(status)","pipeline":{"id":\#(pipeline)}}"#
        let path = "/projects/acme%2Fapp/jobs/\(job)".replacing("%", by: "%25").replacing("/", by: "%2F")
        try folder.write("\(code) \(body)", to: path)
    }
}
