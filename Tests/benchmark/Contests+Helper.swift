import CloudEmulator
import JobBench
import TestBench

extension Laboratory {
    /// The first answer of a helper that waits, which mints for it.
    var helper: Contest {
        var job: [String: String] = [:]
        return Contest(
            name: "helper: the first answer",
            contestants: [
                Contestant(
                    name: "credential-helper",
                    prepare: {
                        try self.reset()
                        let script = "exec \"$0\" credential-helper <<E\n{\"version\":1,\"reason\":\"initial\"}\nE\n"
                        job = try self.waitingHelper()
                        return Program("sh", ["-ec", script, Executable.path], environment: job)
                    },
                    check: { outcome in
                        try self.succeeded(outcome)
                        try self.succeeded(try self.ours(["revoke", "-q"], job).run())
                    }
                ),
                Contestant(
                    name: "mint",
                    prepare: {
                        try self.reset()
                        let script = "exec \"$0\" mint -q --export none"
                        return Program("sh", ["-ec", script, Executable.path], environment: self.step)
                    },
                    check: succeeded
                ),
            ],
            bars: [.init(other: "mint", more: 3)],
            countsCalls: false
        )
    }

    /// The environment of a job whose helper nobody has asked yet.
    private func waitingHelper() throws -> [String: String] {
        let words = ["mint", "-q", "--export", "helper", "--session", "bench"]
        let outcome = try ours(words, step).run()
        try succeeded(outcome)
        let socket = outcome.output.between("PULUMI_TOKEN_HELPER_SOCKET='", "'")
        return step.merging(["PULUMI_TOKEN_SESSION": "bench", "PULUMI_TOKEN_HELPER_SOCKET": socket]) { $1 }
    }
}
