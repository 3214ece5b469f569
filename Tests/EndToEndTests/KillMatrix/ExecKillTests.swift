import CloudEmulator
import JobBench
import TestBench
import Testing

/// However `exec` itself ends, the next run on the machine ends its token.
@Suite(.ownThreads(.first), .seesGuardians) struct ExecKillTests {
    /// A command that writes, reads and ends, below a supervisor that may be gone at any moment.
    private struct ExecScene: KillMatrix.Scene {
        let machine: BuildMachine
        /// The words of the next run.
        let next: [String]
        private let limit = ["PULUMI_TOKEN_TIMEOUT": "2s"]

        init(_ kind: KindChoice = .personal, next: [String]) throws {
            machine = try BuildMachine(for: kind)
            self.next = next
        }

        private var pidFile: String { machine.sandbox.file("pid") }

        func program() -> Program {
            let script = "echo $$ > '\(pidFile)'; echo \"$PULUMI_ACCESS_TOKEN\"; echo \"$PULUMI_ACCESS_TOKEN\" >&2; cat"
            return Program(
                Executable.path,
                ["exec", "--", "/bin/sh", "-c", script],
                environment: machine.withCredential.merging(limit) { $1 }
            )
        }

        func cleanUp(after outcome: Outcome) throws -> Outcome {
            // It ends where it writes and nobody reads, or at the end of its input, a moment after us.
            if let command = text(of: pidFile).flatMap({ Int32($0.dropLast()) }) {
                #expect(hasEnded(command), "the command runs on")
            }
            #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.log) == [])
            guard !next.isEmpty else {
                #expect(machine.cloud.wait { $0.liveTokens == 0 }, "the guardian has left a token")
                return outcome
            }
            let words = next + (next == ["exec"] ? ["--", "/bin/true"] : [])
            let session = ["PULUMI_TOKEN_SESSION": "next"].merging(limit) { $1 }
            let environment = machine.withCredential.merging(session) { $1 }
            var ended = try Program(Executable.path, words, environment: environment).run()
            // Each look-after may find a lost request too young to be sure of; the runs of a day are later than that.
            for _ in 0..<3 where machine.cloud.liveTokens.count > (next[0] == "mint" ? 1 : 0) {
                ended = try Program(Executable.path, words, environment: environment).run()
            }
            if next[0] == "mint" { _ = try machine.run("revoke", adding: session) }
            return ended
        }
    }

    @Test(arguments: [(["sweep"], 23), (["exec"], 29), (["mint", "--export", "none"], 37)] as [([String], Int)])
    func `killed at any system call, its token is ended by the next run`(next: [String], sample: Int) throws {
        try KillMatrix(
            name: "exec and its guardian, then \(next[0])",
            signal: "SIGKILL",
            reach: .guardian,
            mayEnd: { status, _ in status == 137 }
        ) { try ExecScene(next: next) }.run(sample: sample)
    }

    @Test(arguments: [false, true])
    func `killed at any system call, its token is revoked although nothing is run afterwards`(group: Bool) throws {
        try KillMatrix(
            name: "exec\(group ? " and its group" : ""), then nothing",
            signal: "SIGKILL",
            reach: group ? .group : .alone,
            mayEnd: { status, _ in status == 137 }
        ) { try ExecScene(next: []) }.run(sample: 31)
    }

    @Test(arguments: KillMatrix.isExhaustive ? KindChoice.others : [.team])
    func `killed at any system call, no token of a team or an organization is lost`(kind: KindChoice) throws {
        for next in KillMatrix.isExhaustive ? [[], ["sweep"]] : [[]] {
            let name = "exec, then \(next.first ?? "nothing"), \(kind)"
            try KillMatrix(name: name, signal: "SIGKILL", mayEnd: { status, _ in status == 137 }) {
                try ExecScene(kind, next: next)
            }.run(sample: 97)
        }
    }

    @Test(arguments: [("SIGTERM", Int32(143)), ("SIGINT", 130)])
    func `asked to end at any system call, it has revoked before it ends`(signal: String, code: Int32) throws {
        try KillMatrix(
            name: "exec",
            signal: signal,
            mayEnd: { status, live in live == 0 && [0, code].contains(status) }
        ) { try ExecScene(next: ["sweep"]) }.run(sample: 43)
    }
}
