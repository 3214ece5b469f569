import CloudEmulator
import JobBench
import TestBench

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
            ],
            bars: [.init(other: "mint and revoke", ratio: 1.3)]
        )
    }

    /// What the process beside a command keeps for itself while it waits, in KiB.
    func guardianMemory() throws -> Int {
        try reset()
        let run = try ours(["exec", "-q", "--no-redact", "--", "/bin/sh", "-c", "echo ready; read line"], step).start()
        defer { run.signal(15) }
        try run.await("ready")
        let listing = try Program("pgrep", ["-P", String(run.process), "-x", "pulumi-token-gd"]).run()
        let others = try Program("pgrep", ["-n", "-x", "pulumi-token-gd"]).run()
        let found = (listing.output + others.output).split(separator: "\n").first
        guard let pid = found, let rollup = text(of: "/proc/\(pid)/smaps_rollup") else {
            throw BenchError("no guardian beside exec")
        }
        let line = rollup.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") } ?? ""
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
