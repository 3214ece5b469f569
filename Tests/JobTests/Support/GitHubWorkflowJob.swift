import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench

/// A job of a workflow on a hosted runner: the action and its sub-actions go through their launcher, scripts through their
/// shells, Pulumi's own actions run `pulumi`, and other actions are passed over.
struct GitHubWorkflowJob {
    private static let action = "pulumi-token/pulumi-token"

    private let plan: PlannedJob
    private let job: GitHubJob
    /// The outputs of the jobs that this one needs.
    private let needs: [String: [String: String]]

    init(_ machine: BuildMachine, _ plan: PlannedJob, needs: [String: [String: String]] = [:]) throws {
        self.plan = plan
        self.needs = needs
        let name = "job-\(machine.sandbox.names.count)"
        job = try GitHubJob(machine, named: name)
        job.usesLauncher = true
        job.variables = ["GITHUB_JOB": plan.name, "RUNNER_NAME": "runner \(name)"]
        if plan.identity["github"] != nil {
            job.variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = machine.cloud.identityRequestURL
            job.variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = machine.cloud.identityRequestToken
        }
        try machine.removeInstalledExecutable()
    }

    var shown: String { job.log.text + job.text("summary") }

    /// What other jobs can use of it.
    var outputs: [String: String] { job.jobOutputs((plan.outputs ?? [:]).mapValues(expanded)) }

    /// Whether it succeeded.
    func run() throws -> Bool {
        let (succeeded, hasToken) = try runWithoutPost()
        guard let inputs = hasToken else { return succeeded }
        job.inputs = inputs
        return try job.post().status == 0 && succeeded
    }

    /// As on a runner that is shut down before the end.
    ///
    /// - Returns: also the inputs of the step that has a post stage; nil when there is none.
    @discardableResult
    func runWithoutPost() throws -> (succeeded: Bool, hasToken: [String: String]?) {
        var succeeded = true
        var main: [String: String]?
        for stage in plan.stages where stage.when == .always || (stage.when == .success) == succeeded {
            if let name = Self.stage(of: stage.uses) {
                try setInputs(stage.with, of: name)
                if name == "main" { main = job.inputs }
                if try job.run(name).status != 0 { succeeded = false }
            } else if let script = script(of: stage) {
                let changes = plan.environment.merging(stage.environment) { $1 }.mapValues(expanded)
                let shell = stage.uses.isEmpty ? stage.shell : ["bash", "-e"]
                if try job.step(shell, expanded(script), adding: changes).status != 0 { succeeded = false }
            }
        }
        return (succeeded, main)
    }

    /// What a step runs, if it does not use the action; nil for an action that does not matter here.
    private func script(of stage: PlannedJob.Stage) -> String? {
        if stage.uses.hasPrefix("pulumi/actions@") { return "pulumi \(stage.with["command"] ?? "") --yes" }
        if stage.uses.hasPrefix("pulumi/esc-action@") { return "pulumi env open \(stage.with["environment"] ?? "")" }
        return stage.uses.isEmpty ? stage.text : nil
    }

    /// `main` for the action, and the name of a sub-action; nil for every other action.
    private static func stage(of uses: String) -> String? {
        guard uses.hasPrefix(action) else { return nil }
        let path = uses.dropFirst(action.count).prefix { $0 != "@" }
        return path.isEmpty ? "main" : String(path.dropFirst())
    }

    /// The cloud of the workflow is the one of the machine, whatever its name.
    private func setInputs(_ with: [String: String], of stage: String) throws {
        let file = try ActionFile(stage == "main" ? "" : stage)
        let unknown = with.keys.filter { !file.inputs.contains($0) }
        guard unknown.isEmpty else { throw BenchError("\(stage) has no input \(unknown)") }
        job.inputs = file.defaults.merging(with) { $1 }.mapValues(expanded)
        guard file.inputs.contains("cloud-url") else { return }
        job.inputs["cloud-url"] = job.machine.cloud.url
        job.inputs["ca-file"] = job.machine.caFile
    }

    private func expanded(_ text: String) -> String {
        var values = ["runner.temp": job.file("temp"), "github.workspace": job.file("workspace")]
        values["github.token"] = RunAPI.token
        for name in ["PULUMI_ACCESS_TOKEN"] { values["secrets.\(name)"] = job.machine.parent }
        for (name, value) in job.outputs { values["steps.token.outputs.\(name)"] = value }
        for (job, outputs) in needs {
            for (name, value) in outputs { values["needs.\(job).outputs.\(name)"] = value }
        }
        for (name, value) in plan.matrix ?? [:] { values["matrix.\(name)"] = value }
        let text = values.reduce(text) { $0.replacing("${{ \($1.key) }}", with: $1.value) }
        // What is not known is empty.
        return text.hasPrefix("${{ needs.") ? "" : text
    }
}
