import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// After SIGKILL nobody runs anything, and the token goes all the same.
@Suite struct GuardianTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private func start(_ words: [String]) throws -> RunningProgram {
        try Program(Executable.path, words, environment: machine.withCredential).start()
    }

    @Test func `a mint that is killed before its reply leaves nothing`() throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let mint = try start(["mint", "--session", "s", "--timeout", "5s"])
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        mint.signal(SIGKILL)
        _ = try mint.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test(arguments: ["mint", "exec"])
    func `a mint that is told to end while its request is open leaves the wait to it`(command: String) throws {
        machine.cloud.misbehave(.hold(acting: true, method: "POST"))
        let words = command == "mint" ? ["mint", "--session", "s"] : ["exec", "--", "echo", "ran"]
        let run = try start(words)
        #expect(machine.cloud.wait { $0.misbehaviours == [1] })
        run.signal(SIGTERM)
        let result = try run.wait()
        #expect(result.status == 128 + SIGTERM)
        #expect(result.error.contains("a guardian stays and revokes the token if it was minted"))
        #expect(result.output == "" || command == "mint")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        // It asked nothing of the cloud itself any more.
        let others = machine.cloud.requests.filter { $0.method != "POST" }
        #expect(others.allSatisfy { $0["User-Agent"]?.hasSuffix(" guardian") == true })
        #expect(try machine.awaitNoGuardian())
        #expect(machine.leases.isEmpty)
    }

    @Test func `a command whose supervisor is killed ends, and its token with it`() throws {
        let command = "echo $$ > \(machine.sandbox.file("pid")); echo ready; while :; do sleep 1; done"
        let exec = try start(["exec", "--no-redact", "--", "/bin/sh", "-c", command])
        try exec.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        let started = try #require(machine.sandbox.text("pid").flatMap { pid_t($0.dropLast()) })
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(hasEnded(started))
        #expect(try machine.awaitNoGuardian())
        expectNothingLeft(machine)
    }

    @Test func `the job has its token after a mint that ended well, and no process stays`() throws {
        let mint = try machine.run("mint", "--session", "s", "--export", "none")
        #expect(mint.status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try machine.guardians().isEmpty)
    }

    @Test func `a guardian that is told to end hurries, and does not die`() throws {
        let exec = try start(["exec", "--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done"])
        try exec.await("ready")
        let guardian = try #require(try machine.awaitGuardian())
        kill(guardian, SIGTERM)
        #expect(machine.cloud.liveTokens.count == 1)
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test func `a guardian has a session of its own, says what it is, and ends with the command`() throws {
        let exec = try start(["exec", "--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done"])
        try exec.await("ready")
        let guardian = try #require(try machine.awaitGuardian())
        #expect(text(of: "/proc/\(guardian)/cmdline") == "pulumi-token guardian\0guardian\0")
        #expect(getsid(guardian) != getsid(0))
        exec.signal(SIGTERM)
        _ = try exec.wait()
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(try machine.awaitNoGuardian())
    }
}

/// `mint --guard`: the guardian stays for the job.
@Suite struct StayingGuardianTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
    }

    private func shell(_ script: String) throws -> RunningProgram {
        try Program("sh", ["-c", script], environment: machine.withCredential).start()
    }

    @Test func `the token goes with the shell that sourced it`() throws {
        let job = try shell(". \"$(\(Executable.path) mint --guard)\"; echo ready; read line")
        try job.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        job.signal(SIGKILL)
        _ = try job.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    @Test func `a guardian holds up nobody who waits for an end of output`() throws {
        let job = try Program(
            "sh",
            ["-c", "x=$(\(Executable.path) mint --guard --export none); echo done"],
            environment: machine.withCredential
        ).run()
        #expect(job.output == "done\n")
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }
}
