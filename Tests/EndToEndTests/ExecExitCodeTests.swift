import CloudEmulator
import Testing

/// What `exec` exits with, and that nothing is left behind whatever that is.
@Suite struct ExecExitCodeTests {
    @Test(arguments: [0, 1, 42, 255])
    func `the exit code is the command's own`(code: Int32) throws {
        let bench = try Workbench()
        let result = try bench.exec([], "exit \(code)")
        #expect(result.code == code)
        #expect(result.errorText.isEmpty)
        #expect(bench.cloud.tokens(.minted).count == 1)
        expectNothingLeft(bench)
    }

    @Test(arguments: ["TERM", "KILL", "INT", "HUP", "USR1", "SEGV"])
    func `a command that a signal ended gives 128 and the signal`(signal: String) throws {
        let bench = try Workbench()
        let result = try bench.exec([], "kill -\(signal) $$")
        let numbers: [String: Int32] = ["TERM": 15, "KILL": 9, "INT": 2, "HUP": 1, "USR1": 10, "SEGV": 11]
        #expect(result.status == (128 + (numbers[signal] ?? 0)) << 8, "an exit code, not a death by the signal")
        expectNothingLeft(bench)
    }

    @Test(
        arguments: [
            (["no-such-command"], 127, "there is no command no-such-command"),
            (["/no/such/command"], 127, "there is no command /no/such/command"),
            (["/tmp"], 126, "/tmp cannot be executed: is a directory"),
            (["/etc/passwd"], 126, "/etc/passwd cannot be executed: permission denied"),
            (["HERE/dangling"], 127, "dangling cannot run: /no/such/interpreter is missing"),
            (["HERE/plain"], 126, "plain cannot be executed: exec format error"),
            ([""], 127, "there is no command"),
        ] as [([String], Int32, String)]
    )
    func `a command that cannot run costs no token`(words: [String], code: Int32, message: String) throws {
        let bench = try Workbench()
        try bench.write("dangling", "#!/no/such/interpreter -x\n", mode: 0o755)
        try bench.write("plain", "echo no line that says who interprets this\n", mode: 0o755)
        let words = words.map { $0.hasPrefix("HERE") ? bench.folder + $0.dropFirst(4) : $0 }
        let result = try bench.start(["exec", "--"] + words).result()
        #expect(result.code == code)
        #expect(result.errorText.contains("pulumi-token: error: "))
        #expect(result.errorText.contains(message))
        #expect(bench.cloud.requests.isEmpty)
    }

    @Test func `a file that vanishes after the check is revoked for`() throws {
        let bench = try Workbench()
        let path = try bench.write("gone", "#!/bin/sh\n", mode: 0o755)
        bench.cloud.misbehave(.stall(.beforeActing, method: "POST"))
        let run = try bench.start(["exec", "--", path])
        #expect(bench.cloud.wait { $0.misbehaviours == [1] })
        try bench.remove("gone")
        bench.cloud.release()
        let result = try run.result()
        #expect(result.code == 127)
        #expect(result.errorText.contains("there is no command \(path)"))
        #expect(bench.cloud.tokens(.minted).count == 1)
        expectNothingLeft(bench)
    }

    @Test(
        arguments: [
            (["--ttl", "1s"], "--ttl is '1s'"),
            (["--no-such-option"], "unknown option"),
            (["--kill-after", "never"], "--kill-after is 'never'"),
            (["--env-name", "PATH"], "--env-name"),
            (["--lease", "/proc/no/lease"], "cannot write the lease"),
        ]
    )
    func `any other failure of ours is 125 with its cause`(options: [String], message: String) throws {
        let bench = try Workbench()
        let result = try bench.exec(options, "echo ran")
        #expect(result.code == 125)
        #expect(result.text.isEmpty)
        #expect(result.errorText.contains("pulumi-token: error: "))
        #expect(result.errorText.contains(message))
        #expect(bench.cloud.tokens(.minted).isEmpty)
    }

    @Test func `no command is 125`() throws {
        let result = try Workbench().start(["exec", "--ttl", "5m"]).result()
        #expect(result.code == 125)
        #expect(result.errorText.contains("exec needs -- COMMAND"))
    }

    @Test func `a credential that is refused, missing or empty is 125`() throws {
        let bench = try Workbench()
        let wrong = try bench.exec([], "echo ran") { $0.set("PULUMI_ACCESS_TOKEN", "pul-wrong") }
        let missing = try bench.exec([], "echo ran") { $0.unset("PULUMI_ACCESS_TOKEN") }
        let empty = try bench.exec([], "echo ran") { $0.set("PULUMI_ACCESS_TOKEN", "") }
        for result in [wrong, missing, empty] {
            #expect(result.code == 125)
            #expect(result.text.isEmpty)
            #expect(result.errorText.contains("pulumi-token: error: "))
        }
    }

    @Test func `a cloud that cannot be reached is 125`() throws {
        let bench = try Workbench()
        bench.cloud.stop()
        let result = try bench.exec(["--deadline", "4s"], "echo ran")
        #expect(result.code == 125)
        #expect(result.text.isEmpty)
        #expect(result.errorText.contains("could not connect"))
        #expect(bench.leases.isEmpty)
        #expect(bench.jobFolders.isEmpty)
    }
}

/// No live token, no record, no private folder.
func expectNothingLeft(_ bench: Workbench, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(bench.cloud.liveTokens.isEmpty, sourceLocation: sourceLocation)
    #expect(bench.leases.isEmpty, sourceLocation: sourceLocation)
    #expect(bench.jobFolders.isEmpty, sourceLocation: sourceLocation)
}
