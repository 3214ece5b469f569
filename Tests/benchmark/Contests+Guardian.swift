import CloudEmulator
import JobBench
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension Laboratory {
    /// A mint, a guardian that stays, a command, and a revocation.
    var exec: Contest {
        Contest(
            name: "exec: true",
            contestants: [
                Contestant(
                    name: "pulumi-token exec -- true",
                    prepare: {
                        try self.reset()
                        return self.ours(["exec", "-q", "--", "/bin/true"], self.step)
                    },
                    check: succeeded
                ),
                Contestant(
                    name: "mint and revoke",
                    prepare: {
                        try self.reset()
                        let script = "\"$0\" mint -q --export none && exec \"$0\" revoke -q"
                        return Program("sh", ["-ec", script, Executable.path], environment: self.step)
                    },
                    check: succeeded
                ),
                Contestant(
                    name: "mint",
                    prepare: {
                        try self.reset()
                        return self.ours(["mint", "-q"], self.step)
                    },
                    check: succeeded
                ),
            ],
            bars: [.init(other: "mint and revoke", ratio: 1.3), .init(other: "mint", more: 4)]
        )
    }

    /// What a mint waits for its guardian: beside one that cannot start any.
    var guardian: Contest {
        Contest(
            name: "guardian: mint",
            contestants: [
                Contestant(name: "with one", prepare: { try self.mint(without: "none") }, check: succeeded),
                Contestant(name: "where none can be started", prepare: { try self.mint(without: "guardian") }) {
                    try self.succeeded($0)
                    guard $0.error.contains("no guardian: ") else { throw BenchError("a guardian was started") }
                },
            ],
            bars: [.init(other: "where none can be started", more: 2)]
        )
    }

    /// What is left above the floor when a mint flushes nothing to the disk, or starts no guardian, or neither.
    var promises: Contest {
        let floor = Contestant(
            name: "floor",
            prepare: {
                try self.reset()
                let words = ["none", try Self.builtProgram("floor")]
                return Program(try Self.builtProgram("without"), words, environment: self.step)
            },
            check: succeeded
        )
        let mints = ["none", "flushes", "guardian", "both"].map { calls in
            Contestant(
                name: calls == "none" ? "mint" : "without \(calls)",
                prepare: { try self.mint(without: calls) },
                check: succeeded
            )
        }
        return Contest(name: "promises: mint", contestants: mints + [floor])
    }

    private func mint(without calls: String) throws -> Program {
        try reset()
        let words = [calls, Executable.path, "mint", "-v", "--export", "none"]
        return Program(try Self.builtProgram("without"), words, environment: step)
    }

    /// From the SIGKILL of `exec` until its token is gone, when the command ends as it is asked to: milliseconds.
    func guardianDelay() throws -> Double {
        try reset()
        // What other contests have minted is not waited for.
        machine.cloud.reset()
        let command = ["/bin/sh", "-c", "echo ready; exec sleep 100"]
        let run = try ours(["exec", "-q", "--no-redact", "--"] + command, step).start()
        try run.await("ready")
        let clock = ContinuousClock()
        let start = clock.now
        run.signal(SIGKILL)
        guard machine.cloud.wait(until: { $0.liveTokens == 0 }) else { throw BenchError("the guardian left a token") }
        return (clock.now - start) / .milliseconds(1)
    }

    /// What the process beside a command keeps for itself while it waits, in KiB.
    func guardianMemory() throws -> Int {
        try reset()
        let command = ["/bin/sh", "-c", "echo ready; exec sleep 100"]
        let run = try ours(["exec", "-q", "--no-redact", "--"] + command, step).start()
        defer { run.signal(15) }
        try run.await("ready")
        // It has its name a moment after its start.
        var found: Substring?
        for _ in 0..<200 where found == nil {
            found = try Program("pgrep", ["-n", "-x", "pulumi-token-gd"]).run().output.split(separator: "\n").first
            if found == nil { poll(nil, 0, 10) }
        }
        guard let pid = found, let rollup = text(of: "/proc/\(pid)/smaps_rollup") else {
            throw BenchError("no guardian beside exec")
        }
        let line = rollup.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") } ?? ""
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
