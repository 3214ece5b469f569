import HTTPTransport
import RunnerGrammars
import StubTransport
import TestBench
import TestMachine

/// A job on GitHub Actions whose step is the action, in this process.
final class ActionJob {
    let machine: Machine
    let cloud: InMemoryCloud
    var inputs: [String: String]
    /// What else is in the job's environment.
    var variables: [String: String] = [:]
    private let files = ["env", "output", "state", "summary"]

    init() throws {
        (machine, cloud) = try Machine.withCloud()
        machine.variables["PULUMI_ACCESS_TOKEN"] = nil
        try machine.disk.makeFolder("runner")
        for name in files { try machine.disk.write("", to: name) }
        // As action.yml gives them.
        inputs = [
            "access-token": "parent-credential", "oidc-org": "unset", "oidc-user": "", "oidc-token-file": "unset",
            "oidc-token-env": "unset",
        ]
    }

    private func environment(_ inputs: [String: String]) -> [String: String] {
        let inputs = Dictionary(uniqueKeysWithValues: inputs.map { ("INPUT_" + $0.uppercased(), $1) })
        let files = [
            "GITHUB_ENV": "env", "GITHUB_OUTPUT": "output", "GITHUB_STATE": "state", "GITHUB_STEP_SUMMARY": "summary",
            "RUNNER_TEMP": "runner",
        ]
        return files.mapValues { machine.disk.file($0) }
            .merging([
                "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1",
                "GITHUB_JOB": "deploy", "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://github.com",
            ]) { $1 }
            .merging(inputs) { $1 }
    }

    func main() throws -> Machine.Outcome {
        for name in files { try machine.disk.write("", to: name) }
        return try machine.run("action", "main", adding: environment(inputs).merging(variables) { $1 })
    }

    /// - Parameter forgotten: keys of the state that the runner does not hand over.
    func post(without forgotten: String? = nil) throws -> Machine.Outcome {
        var state: [String: String] = [:]
        for (name, value) in try pairs("state") where name != forgotten { state["STATE_" + name] = value }
        let all = environment(inputs).merging(state) { $1 }.merging(variables) { $1 }
        return try machine.run("action", "post", adding: all)
    }

    private func pairs(_ name: String) throws -> [String: String] {
        try GitHubRunner.outputs(machine.disk.contents(name) ?? [])
    }

    /// What later steps find in their environment.
    var exported: [String: String] { (try? pairs("env")) ?? [:] }
    var summary: String? { machine.disk.text("summary") }
    var outputs: [String: String] { (try? pairs("output")) ?? [:] }

    /// The annotations in what a stage said.
    static func annotations(in outcome: Machine.Outcome) -> [Substring] {
        outcome.error.split(separator: "\n").filter { $0.hasPrefix("::warning") || $0.hasPrefix("::error") }
    }
}
