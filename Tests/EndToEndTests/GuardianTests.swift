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

    @Test func `a command whose supervisor is killed ends, and its token with it`() throws {
        let command = "echo $$ > \(machine.sandbox.file("pid")); echo ready; while :; do sleep 1; done"
        let exec = try start(["exec", "--no-redact", "--", "/bin/sh", "-c", command])
        try exec.await("ready")
        #expect(machine.cloud.liveTokens.count == 1)
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        let pid = try #require(machine.sandbox.text("pid").flatMap { Int32($0.filter(\.isNumber)) })
        #expect(kill(pid, 0) != 0)
        #expect(machine.leases.isEmpty)
    }

    @Test func `the job has its token after a mint that ended well, and no process stays`() throws {
        let mint = try machine.run("mint", "--session", "s", "--export", "none")
        #expect(mint.status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try Program("pgrep", ["-f", "^pulumi-token guardian.*\(machine.sandbox.path)"]).run().status == 1)
    }

    @Test func `a guardian that is told to end hurries, and does not die`() throws {
        let exec = try start(["exec", "--", "/bin/sh", "-c", "echo ready; while :; do sleep 1; done"])
        try exec.await("ready")
        let guardian = try #require(children(named: "pulumi-token-gd").first)
        kill(guardian, SIGTERM)
        #expect(machine.cloud.liveTokens.count == 1)
        exec.signal(SIGKILL)
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    /// Nothing of the environment, no descriptor of ours but its own, a session of its own.
    @Test func `a guardian has nothing of its owner's`() throws {
        let exec = try start(["exec", "--", "/bin/sh", "-c", "echo ready; read line"])
        try exec.await("ready")
        let guardian = try #require(children(named: "pulumi-token-gd").last)
        #expect(text(of: "/proc/\(guardian)/environ") == "")
        #expect(text(of: "/proc/\(guardian)/cmdline") == "pulumi-token guardian\0guardian\0")
        #expect(getsid(guardian) == guardian || getsid(guardian) != getsid(0))
        exec.signal(SIGTERM)
        _ = try exec.wait()
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
    }

    private func children(named name: String) throws -> [Int32] {
        try Program("pgrep", ["-x", name]).run().output.split(separator: "\n").compactMap { Int32($0) }
    }
}
