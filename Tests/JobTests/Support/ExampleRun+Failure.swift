import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension ExampleRun {
    /// How a mint comes to nothing.
    enum Failure: String, CaseIterable, Sendable {
        /// Pulumi Cloud refuses.
        case refused
        /// The process is killed before it has said or printed anything.
        case killed
        /// There is no executable on the path.
        case missing
    }

    /// Whether the example can fail in this way: the action and a download bring their own executable.
    func canFail(by failure: Failure) -> Bool {
        failure == .refused || !kind.hasPrefix("github") && !kind.hasSuffix("release")
    }

    /// mksh sources an empty path without an error, so it has a recipe of its own.
    private func isSafe(in shell: String, with failure: Failure) -> Bool {
        shell != "mksh" || kind == "mksh" || failure == .refused
    }

    /// Runs it with a mint that fails: no command of the job may see the parent credential.
    func checkFailure(_ failure: Failure, _ source: String) throws {
        for shell in shells where isSafe(in: shell, with: failure) {
            let machine = try Self.machine()
            try Self.arrange(failure, on: machine)
            let result = try run(fails: false, on: machine, in: shell)
            let calls = machine.pulumiCalls
            #expect(!calls.contains { $0.token == .parent }, "\(source) \(shell) \(failure): \(calls) \(result.shown)")
            // An exchanged token may be used itself where it may not mint.
            let isDirect = calls.contains { $0.token == .minted }
            #expect(!result.succeeded || isDirect, "\(source) \(shell) \(failure): \(result.shown)")
            #expect(machine.cloud.liveTokens.isEmpty)
        }
    }

    private static func arrange(_ failure: Failure, on machine: BuildMachine) throws {
        let path = try machine.programs() + "/pulumi-token"
        switch failure {
        case .refused: machine.cloud.misbehave(.refusal(403, method: "POST", path: "/api/user/tokens", times: 0))
        case .killed:
            unlink(path)
            let script = """
                #!/bin/sh
                case "$1" in mint | exec) kill -KILL $$ ;; esac
                exec '\(Executable.path)' "$@"

                """
            try machine.sandbox.write(Array(script.utf8), to: "bin/pulumi-token", mode: 0o755)
        case .missing: unlink(path)
        }
    }
}
