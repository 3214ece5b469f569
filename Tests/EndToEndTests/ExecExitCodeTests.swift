import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// What `exec` exits with, and that nothing is left behind whatever that is.
@Suite(.ownThreads) struct ExecExitCodeTests {
    @Test(arguments: [0, 1, 42, 255])
    func `the exit code is the command's own`(code: Int32) throws {
        let machine = try BuildMachine()
        let result = try machine.exec([], "exit \(code)")
        #expect(result.status == code)
        #expect(result.error.isEmpty)
        #expect(machine.cloud.tokens(.minted).count == 1)
        expectNothingLeft(machine)
    }

    @Test(arguments: ["TERM", "KILL", "INT", "HUP", "USR1", "SEGV"])
    func `a command that a signal ended gives 128 and the signal`(signal: String) throws {
        let machine = try BuildMachine()
        let result = try machine.exec([], "kill -\(signal) $$")
        let numbers: [String: Int32] = ["TERM": 15, "KILL": 9, "INT": 2, "HUP": 1, "USR1": 10, "SEGV": 11]
        #expect(result.status == 128 + (numbers[signal] ?? 0))
        #expect(result.signal == nil, "an exit code, not a death by the signal")
        expectNothingLeft(machine)
    }

    @Test(
        arguments: [
            (["no-such-command"], 127, "command not found: no-such-command"),
            (["/no/such/command"], 127, "command not found: /no/such/command"),
            (["/tmp"], 126, "cannot execute /tmp: is a directory"),
            (["/etc/passwd"], 126, "cannot execute /etc/passwd: permission denied"),
            (["HERE/dangling"], 127, "/dangling: /no/such/interpreter is missing"),
            (["HERE/plain"], 126, "/plain: exec format error"),
            ([""], 127, "command not found"),
        ] as [([String], Int32, String)]
    )
    func `a command that cannot run costs no token`(words: [String], code: Int32, message: String) throws {
        let machine = try BuildMachine()
        try machine.sandbox.write("#!/no/such/interpreter -x\n", to: "dangling", mode: 0o755)
        try machine.sandbox.write("echo no line that says who interprets this\n", to: "plain", mode: 0o755)
        let words = words.map { $0.hasPrefix("HERE") ? machine.sandbox.path + $0.dropFirst(4) : $0 }
        let result = try machine.start(["exec", "--"] + words).wait()
        #expect(result.status == code)
        #expect(result.error.contains("pulumi-token: error: "))
        #expect(result.error.contains(message))
        #expect(machine.cloud.requests.isEmpty)
    }

    @Test func `a file that vanishes after the check is revoked for`() throws {
        let machine = try BuildMachine()
        let path = try machine.sandbox.write("#!/bin/sh\n", to: "gone", mode: 0o755)
        machine.cloud.misbehave(.stall(.beforeActing, method: "POST"))
        let run = try machine.start(["exec", "--", path])
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        unlink(path)
        machine.cloud.release()
        let result = try run.wait()
        #expect(result.status == 127)
        #expect(result.error.contains("command not found: \(path)"))
        #expect(machine.cloud.tokens(.minted).count == 1)
        expectNothingLeft(machine)
    }

    @Test(
        arguments: [
            (["--ttl", "1s"], "invalid value for --ttl: '1s'"),
            (["--no-such-option"], "unknown option"),
            (["--kill-after", "never"], "invalid value for --kill-after: 'never'"),
            (["--env-name", "PATH"], "--env-name"),
            (["--lease", "/proc/no/lease"], "cannot write the lease"),
        ]
    )
    func `any other failure of ours is 125 with its cause`(options: [String], message: String) throws {
        let machine = try BuildMachine()
        let result = try machine.exec(options, "echo ran")
        #expect(result.status == 125)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("pulumi-token: error: "))
        #expect(result.error.contains(message))
        #expect(machine.cloud.tokens(.minted).isEmpty)
    }

    @Test func `no command is 125`() throws {
        let result = try BuildMachine().start(["exec", "--ttl", "5m"]).wait()
        #expect(result.status == 125)
        #expect(result.error.contains("exec needs -- COMMAND"))
    }

    @Test func `a credential that is refused, missing or empty is 125`() throws {
        let machine = try BuildMachine()
        let wrong = try machine.exec([], "echo ran") { $0.environment["PULUMI_ACCESS_TOKEN"] = "pul-wrong" }
        let missing = try machine.exec([], "echo ran") { $0.environment["PULUMI_ACCESS_TOKEN"] = nil }
        let empty = try machine.exec([], "echo ran") { $0.environment["PULUMI_ACCESS_TOKEN"] = "" }
        for result in [wrong, missing, empty] {
            #expect(result.status == 125)
            #expect(result.output.isEmpty)
            #expect(result.error.contains("pulumi-token: error: "))
        }
    }

    @Test func `a cloud that cannot be reached is 125`() throws {
        let machine = try BuildMachine()
        machine.cloud.stop()
        let result = try machine.exec(["--deadline", "4s"], "echo ran")
        #expect(result.status == 125)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("cannot connect"))
        #expect(machine.leases.isEmpty)
        #expect(machine.jobFolders.isEmpty)
    }
}
