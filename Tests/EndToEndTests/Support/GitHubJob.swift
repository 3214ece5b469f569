import CloudEmulator
import TestProcesses

/// A job of GitHub Actions with one step that uses the action: the runner's files, its variables, its log.
final class GitHubJob {
    let machine: Machine
    private let folder: String
    /// The `INPUT_…` variables that the runner makes of `with:`.
    var inputs: [String: String]
    /// What later steps find in their environment, as the runner parsed it.
    private(set) var exported: [String: String] = [:]
    private(set) var outputs: [String: String] = [:]
    private(set) var state: [String: String] = [:]
    /// Everything that the step's processes wrote, in the order in which the runner handles it.
    private(set) var log = RunnerLog()
    /// Whether stages go through Node and the launcher, as on a runner.
    var usesLauncher = false
    /// Set by earlier steps of the workflow.
    var variables: [String: String] = [:]

    init(_ machine: Machine, named name: String = "job") {
        self.machine = machine
        folder = machine.sandbox.makeFolder(name)
        inputs = ["access-token": machine.parent, "cloud-url": machine.cloud.url, "ca-file": machine.caFile]
        for child in ["temp", "workspace"] { machine.sandbox.makeFolder("\(name)/\(child)") }
    }

    func file(_ name: String) -> String { "\(folder)/\(name)" }

    var environment: [String: String] {
        var environment = machine.environment
        for name in ["PULUMI_TOKEN_CLOUD_URL", "PULUMI_TOKEN_CA_FILE"] { environment[name] = nil }
        environment.merge([
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "deploy", "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://github.com",
            "RUNNER_TEMP": file("temp"), "GITHUB_WORKSPACE": file("workspace"), "RUNNER_TRACKING_ID": "t-1",
            "GITHUB_ENV": file("env"), "GITHUB_OUTPUT": file("output"), "GITHUB_STATE": file("state"),
            "GITHUB_STEP_SUMMARY": file("summary"),
        ]) { $1 }
        environment.merge(variables) { $1 }
        for (name, value) in inputs { environment["INPUT_" + name.uppercased()] = value }
        return environment
    }

    func program(_ stage: String) -> Program {
        var environment = environment
        if stage == "post" {
            environment.merge(exported) { $1 }
            for (name, value) in state { environment["STATE_" + name] = value }
        }
        guard usesLauncher else { return Program(Executable.path, ["action", stage], environment: environment) }
        return Program("node", ["\(Executable.root)/scripts/action/\(stage).cjs"], environment: environment)
    }

    /// Empties the runner's files, as before each step.
    func prepare() {
        for name in ["env", "output", "state", "summary"] {
            machine.sandbox.write("", to: "\(folder.split(separator: "/").last ?? "")/\(name)")
        }
    }

    @discardableResult
    func main() throws -> Outcome {
        prepare()
        let outcome = try program("main").run()
        try finish(outcome)
        return outcome
    }

    @discardableResult
    func post() throws -> Outcome {
        prepare()
        let outcome = try program("post").run()
        try finish(outcome)
        return outcome
    }

    /// What the runner does after a stage: it reads the log and the files, whatever the exit code.
    func finish(_ outcome: Outcome) throws {
        log.take(outcome)
        exported.merge(try EnvironmentFileGrammar.parse(text("env"))) { $1 }
        outputs.merge(try EnvironmentFileGrammar.parse(text("output"))) { $1 }
        state.merge(try EnvironmentFileGrammar.parse(text("state"))) { $1 }
    }

    func text(_ name: String) -> String { contents(of: file(name)) ?? "" }
}
