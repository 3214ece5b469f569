import CloudEmulator
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The emulator as a program of its own.
@Suite struct ExecutableTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func start(_ options: [String], environment: [String: String] = [:]) throws -> (
        RunningProgram, port: UInt16
    ) {
        var program = try Program(builtProgram("cloud-emulator"), options, environment: environment)
        program.input = .held
        let process = try program.start()
        let line = try #require(try process.nextLine())
        #expect(line.hasPrefix("listening on "))
        return (process, try #require(line.split(separator: ":").last.flatMap { UInt16($0) }))
    }

    private func ask(_ port: UInt16, _ path: String, token: String = "") -> WireReply? {
        let wire = Wire(port: port)
        wire.send("GET \(path) HTTP/1.1\r\nAuthorization: token \(token)\r\n\r\n")
        return wire.reply()
    }

    @Test func `it writes its port, its authority and its credentials to files`() throws {
        let (process, port) = try start([
            "--port-file", folder.file("port"), "--ca-file", folder.file("ca.pem"),
            "--parent-token-file", folder.file("parent"), "--identity-request-token-file",
            folder.file("request"),
        ])
        #expect(folder.text("port") == "\(port)\n")
        #expect(folder.text("ca.pem")?.hasPrefix("-----BEGIN CERTIFICATE-----\n") == true)
        #expect(folder.text("parent")?.hasPrefix("pul-") == true)
        #expect(folder.text("request")?.count == 49)
        #expect(["parent", "request", "ca.pem"].map { mode(of: folder.file($0)) } == [0o600, 0o600, 0o644])
        process.signal(SIGTERM)
        let outcome = try process.wait()
        #expect(outcome.status == 0)
        #expect(outcome.error == "")
    }

    @Test func `it ends when its input does`() throws {
        let (process, port) = try start(["--plain-http", "--until-stdin-closes"])
        process.send("anything\n")
        #expect(ask(port, "/_control/live")?.text == "0\n")
        process.closeInput()
        #expect(try process.wait().status == 0)
    }

    @Test func `it ends when its parent does`() throws {
        // The shell starts it, says where it listens, and is gone.
        let script =
            "\"$0\" --plain-http --until-parent-exits --port-file \"$1\" </dev/null & "
            + "while ! [ -s \"$1\" ]; do :; done"
        let ending = try Program("sh", ["-c", script, builtProgram("cloud-emulator"), folder.file("port")]).run()
        // Its output ends with it, and `run` waits for the end of the output.
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("listening on "))
    }

    @Test func `options are switches of the configuration`() throws {
        let file = try folder.write(#"{"createStatus":201,"exchange":{"tokenType":"Bearer"}}"#, to: "config.json")
        let (process, port) = try start(
            [
                "--plain-http", "--no-paging", "--config", "@" + file, "--config", #"{"newestFirst":true}"#,
                "--set", "rateLimit.count=7", "--set", "expiryPolicy.organization=acme", "--path-prefix", "/p",
                "--user", "carol=CAROLS_TOKEN", "--user", "dave",
            ],
            environment: ["CAROLS_TOKEN": "pul-carol"]
        )
        let configuration = ask(port, "/_control/configuration")?.json
        #expect(configuration?["createStatus"]?.wholeNumber == 201)
        #expect(configuration?["exchange"]?["tokenType"]?.text == "Bearer")
        #expect(configuration?["newestFirst"] == .bool(true))
        #expect(configuration?["paging"] == .bool(false))
        #expect(configuration?["rateLimit"]?["count"]?.wholeNumber == 7)
        #expect(configuration?["expiryPolicy"]?["organization"]?.text == "acme")
        #expect(configuration?["users"]?.elements.map { $0["login"]?.text } == ["carol", "dave"])
        #expect(ask(port, "/p/api/user", token: "pul-carol")?.status == 200)
        process.signal(SIGINT)
        #expect(try process.wait().status == 0)
    }

    /// Starts it at a port that the kernel gives nobody by itself, so that it is still free a moment later.
    private func startAtFreePort() throws -> (RunningProgram, port: UInt16) {
        let first = 10_000 + UInt16(getpid() % 20_000)
        for port in first..<first + 100 {
            var program = try Program(builtProgram("cloud-emulator"), ["--plain-http", "--port", "\(port)"])
            program.input = .held
            let process = try program.start()
            if try process.nextLine() == "listening on http://localhost:\(port)" { return (process, port) }
        }
        throw BenchError("no port is free")
    }

    @Test func `it listens where it is told to`() throws {
        let (first, port) = try startAtFreePort()
        let ending = try Program(builtProgram("cloud-emulator"), ["--port", "\(port)"]).run()
        #expect(ending.status == 64)
        #expect(ending.error.hasPrefix("cloud-emulator: error: cannot listen: "))
        first.signal(SIGTERM)
        #expect(try first.wait().status == 0)
        let (second, again) = try start(["--plain-http", "--port", "\(port)"])
        #expect(again == port)
        second.signal(SIGHUP)
        #expect(try second.wait().status == 0)
    }

    @Test(arguments: [
        (["--prot", "1"], "--prot: unknown option"), (["--port"], "--port: unknown, or no value"),
        (["--port", "70000"], "--port: not a port: 70000"), (["--set", "paging"], "--set: expected NAME=JSON"),
        (["--set", "pagign=true"], "unknown member pagign"),
        (["--certificate", "golden"], "certificate has a value that is unknown"),
        (["--config", "{"], "this is no JSON"), (["--user", "a=UNSET_VARIABLE"], "--user: UNSET_VARIABLE is not set"),
        (["--config", "@/nowhere/config.json"], "cannot read /nowhere/config.json: errno 2"),
        (["--ca-file", "/nowhere/ca.pem"], "cannot write /nowhere/ca.pem: errno 2"),
    ])
    func `what it does not understand it says`(options: [String], problem: String) throws {
        let ending = try Program(builtProgram("cloud-emulator"), options).run()
        #expect(
            ending
                == Outcome(status: 64, error: "cloud-emulator: error: \(problem)\n")
        )
    }

    @Test func `it explains itself`() throws {
        let ending = try Program(builtProgram("cloud-emulator"), ["--help"]).run()
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("usage: cloud-emulator [options]\n"))
    }
}

private func mode(of path: String) -> mode_t {
    var status = stat()
    stat(path, &status)
    return status.st_mode & 0o777
}
