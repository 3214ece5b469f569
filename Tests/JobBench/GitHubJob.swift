import CloudEmulator
package import RunnerGrammars
package import TestBench

/// A job of GitHub Actions with one step that uses the action: the runner's files, its variables, its log.
package final class GitHubJob {
    package let machine: BuildMachine
    private let folder: String
    /// The `INPUT_…` variables that the runner makes of `with:`.
    package var inputs: [String: String]
    /// What later steps find in their environment, as the runner parsed it.
    package private(set) var exported: [String: String] = [:]
    package private(set) var outputs: [String: String] = [:]
    /// Where later steps look for programs first.
    package private(set) var searchPath: [String] = []
    package private(set) var state: [String: String] = [:]
    /// Everything that the step's processes wrote, in the order in which the runner handles it.
    package private(set) var log: ShownLog
    private let runner: ShownLog.Runner
    /// Whether stages go through Node and the launcher, as on a runner.
    package var usesLauncher = false
    /// Set by earlier steps of the workflow.
    package var variables: [String: String] = [:]

    /// - Parameter runner: GitHub's own, or one that understands the same workflows.
    package init(_ machine: BuildMachine, named name: String = "job", on runner: ShownLog.Runner = .gitHub) throws {
        self.machine = machine
        self.runner = runner
        log = ShownLog(runner)
        folder = try machine.sandbox.makeFolder(name)
        inputs = ["access-token": machine.parent, "cloud-url": machine.cloud.url, "ca-file": machine.caFile]
        for child in ["temp", "workspace"] { try machine.sandbox.makeFolder("\(name)/\(child)") }
    }

    package func file(_ name: String) -> String { "\(folder)/\(name)" }

    package var environment: [String: String] {
        var environment = machine.environment
        for name in ["PULUMI_TOKEN_CLOUD_URL", "PULUMI_TOKEN_CA_FILE"] { environment[name] = nil }
        environment.merge([
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "deploy", "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://github.com",
            "RUNNER_TEMP": file("temp"), "GITHUB_WORKSPACE": file("workspace"), "RUNNER_TRACKING_ID": "t-1",
            "GITHUB_ENV": file("env"), "GITHUB_OUTPUT": file("output"), "GITHUB_STATE": file("state"),
            "GITHUB_STEP_SUMMARY": file("summary"), "GITHUB_PATH": file("path"),
        ]) { $1 }
        // Asked by nobody, unless a test has an API there.
        environment["GITHUB_API_URL"] = environment["GITHUB_API_URL"] ?? "http://127.0.0.1:9"
        switch runner {
        case .gitea: environment["GITEA_ACTIONS"] = "true"
        case .forgejo: environment.merge(["GITEA_ACTIONS": "true", "FORGEJO_ACTIONS": "true"]) { $1 }
        case .act: environment["ACT"] = "true"
        default: break
        }
        environment.merge(variables) { $1 }
        for (name, value) in inputs { environment["INPUT_" + name.uppercased()] = value }
        return environment
    }

    /// - Parameter stage: of the action, or the name of a sub-action.
    package func program(_ stage: String) -> Program {
        var environment = environment
        if stage != "main" {
            environment.merge(exported) { $1 }
        }
        if stage == "post" {
            for (name, value) in state { environment["STATE_" + name] = value }
        }
        guard usesLauncher else { return Program(Executable.path, ["action", stage], environment: environment) }
        return Program("node", ["\(Repository.root)/scripts/action/\(stage).cjs"], environment: environment)
    }

    /// Empties the runner's files, as before each step.
    package func prepare() throws {
        for name in ["env", "output", "state", "summary", "path"] {
            try machine.sandbox.write("", to: "\(folder.split(separator: "/").last ?? "")/\(name)")
        }
    }

    /// Runs main below a process with the name of the runner's process for a job, which stays.
    package func startMainInWorker() throws -> RunningProgram {
        let worker = machine.sandbox.file("Runner.Worker")
        _ = try Program("cp", ["/bin/sh", worker]).run()
        try prepare()
        var program = program("main")
        program.path = worker
        // No shell hands on a name with a hyphen.
        let names = ["ACCESS-TOKEN", "CLOUD-URL", "CA-FILE"]
        for (index, name) in names.enumerated() {
            program.environment["I\(index)"] = program.environment["INPUT_" + name]
        }
        let inputs = names.indices.map { "\"INPUT_\(names[$0])=$I\($0)\"" }.joined(separator: " ")
        program.arguments = [
            "-c", "env \(inputs) \(Executable.path) action main; echo ready; while :; do sleep 1; done",
        ]
        program.hasOwnGroup = true
        let run = try program.start()
        try run.await("ready")
        return run
    }

    @discardableResult
    package func main() throws -> Outcome { try run("main") }

    @discardableResult
    package func post() throws -> Outcome { try run("post") }

    /// Runs a stage of the action, or a sub-action.
    @discardableResult
    package func run(_ stage: String) throws -> Outcome {
        try prepare()
        let outcome = try program(stage).run()
        try finish(outcome)
        return outcome
    }

    /// What the runner does after a stage: it reads the log and the files, whatever the exit code.
    package func finish(_ outcome: Outcome) throws {
        // The runner handles standard error first.
        log.take(outcome.error)
        log.take(outcome.output)
        exported.merge(try variables(in: "env", GitHubRunner.environment)) { $1 }
        outputs.merge(try variables(in: "output", GitHubRunner.outputs)) { $1 }
        state.merge(try variables(in: "state", GitHubRunner.outputs)) { $1 }
        searchPath = GitHubRunner.folders(bytes("path")) + searchPath
    }

    /// As this runner reads them.
    private func variables(
        in name: String,
        _ gitHub: ([UInt8]) throws -> [String: String]
    ) throws -> [String: String] {
        switch runner {
        case .act: try Act.files.variables(in: bytes(name))
        case .gitea: try Gitea.files.variables(in: bytes(name))
        case .forgejo: try Forgejo.files.variables(in: bytes(name))
        default: try gitHub(bytes(name))
        }
    }

    /// A step of the workflow that runs a script, after the action.
    @discardableResult
    package func step(_ shell: [String], _ script: String, adding changes: [String: String] = [:]) throws -> Outcome {
        try prepare()
        let name = "step-\(machine.sandbox.names(in: folder.split(separator: "/").last.map(String.init) ?? "").count)"
        try write(script, to: file(name))
        var environment = environment.filter { !$0.key.hasPrefix("INPUT_") }
        // Where the workflow names no cloud, it is the machine's.
        environment.merge(try machine.jobEnvironment().filter { $0.key != "PULUMI_ACCESS_TOKEN" }) { $1 }
        environment.merge(exported) { $1 }
        environment.merge(changes) { $1 }
        environment["PATH"] = (searchPath + [environment["PATH"] ?? ""]).joined(separator: ":")
        var program = Program(shell[0], Array(shell.dropFirst()) + [file(name)], environment: environment)
        program.folder = file("workspace")
        let outcome = try program.run()
        try finish(outcome)
        return outcome
    }

    /// What jobs that need this one find of these outputs.
    package func jobOutputs(_ outputs: [String: String]) -> [String: String] {
        GitHubRunner.jobOutputs(outputs, masking: log.masks)
    }

    private func bytes(_ name: String) -> [UInt8] { contents(of: file(name)) ?? [] }

    package func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

    /// Whether the log hides a secret in a line that a later step prints.
    package func hides(_ secret: String, in line: String) -> Bool {
        var later = log
        later.take(line)
        return leaks(of: secret, in: String(later.text.dropFirst(log.text.count))).isEmpty
    }
}
