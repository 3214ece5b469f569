import CloudEmulator
import JobBench
import TestBench

extension Laboratory {
    /// Every form of the token goes to Buildkite's agent, through the socket of its job API.
    func mintOnBuildkite(_ agent: BuildkiteAgent) -> Contest {
        let variables = [
            "BUILDKITE": "true", "BUILDKITE_JOB_ID": "0190-bench", "BUILDKITE_AGENT_JOB_API_SOCKET": agent.path,
            "BUILDKITE_AGENT_JOB_API_TOKEN": agent.token,
        ]
        return Contest(
            name: "mint on Buildkite, through its job API",
            contestants: [
                minting("pulumi-token mint", variables), minting("mint without a CI system", [:]),
            ],
            bars: [.init(other: "mint without a CI system", ratio: 2)]
        )
    }

    private func minting(_ name: String, _ variables: [String: String]) -> Contestant {
        Contestant(
            name: name,
            prepare: {
                try self.reset()
                return self.ours(["mint"], self.plain.merging(variables) { $1 })
            },
            check: succeeded
        )
    }

    /// What the Pulumi CLI waits for when it asks for the token of its job.
    var helperQuestions: Contest {
        let request = #"{"version":1,"reason":"initial","selectedBackendUrl":"$URL"}"#
        func asking(_ count: Int) -> Contestant {
            Contestant(
                name: "\(count) question\(count == 1 ? "" : "s")",
                prepare: {
                    try self.reset()
                    let script = """
                        for _ in $(seq \(count)); do
                        printf '%s' '\(request.replacing("$URL", with: self.machine.cloud.url))' |
                            "$0" credential-helper >/dev/null || exit
                        done
                        """
                    let words = ["exec", "-q", "--helper", "--", "/bin/sh", "-c", script, Executable.path]
                    return self.ours(words, self.step)
                },
                check: succeeded
            )
        }
        return Contest(
            name: "exec --helper",
            contestants: [asking(21), asking(1)],
            countsCalls: false
        )
    }

    /// The environment of a shell on a machine of somebody's own, with the credential in a variable.
    private var plain: [String: String] {
        step.filter { !$0.key.hasPrefix("GITHUB_") && !$0.key.hasPrefix("RUNNER_") && $0.key != "CI" }
    }
}
