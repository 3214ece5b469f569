import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench

/// A job of a workflow: the action goes through its launcher, scripts through their shells, other actions are passed over.
struct GitHubWorkflowJob {
    static let action = "pulumi-token/pulumi-token@"

    private let plan: PlannedJob
    private let job: GitHubJob

    init(_ machine: BuildMachine, _ plan: PlannedJob) throws {
        self.plan = plan
        let name = "job-\(machine.sandbox.names.count)"
        job = try GitHubJob(machine, named: name)
        job.usesLauncher = true
        job.variables = ["GITHUB_JOB": plan.name, "RUNNER_TRACKING_ID": "github_\(name)"]
        if plan.identity["github"] != nil {
            job.variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = machine.cloud.identityRequestURL
            job.variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = machine.cloud.identityRequestToken
        }
    }

    var shown: String { job.log.text + job.text("summary") }

    /// Whether it succeeded.
    func run() throws -> Bool {
        let (succeeded, hasToken) = try runWithoutPost()
        guard hasToken else { return succeeded }
        return try job.post().status == 0 && succeeded
    }

    /// As on a runner that is shut down before the end.
    @discardableResult
    func runWithoutPost() throws -> (succeeded: Bool, hasToken: Bool) {
        var succeeded = true
        var hasToken = false
        for stage in plan.stages where stage.when == .always || (stage.when == .success) == succeeded {
            if stage.uses.hasPrefix(Self.action) {
                hasToken = true
                try setInputs(stage.with)
                if try job.main().status != 0 { succeeded = false }
            } else if stage.uses.isEmpty {
                let changes = plan.environment.merging(stage.environment) { $1 }.mapValues(expanded)
                if try job.step(stage.shell, expanded(stage.text), adding: changes).status != 0 { succeeded = false }
            }
        }
        return (succeeded, hasToken)
    }

    /// The cloud of the workflow is the one of the machine, whatever its name.
    private func setInputs(_ with: [String: String]) throws {
        var inputs = Dictionary(
            uniqueKeysWithValues: ["access-token", "oidc-org", "oidc-token-file", "oidc-token-env"].map {
                ($0, "unset")
            }
        ).merging(with) { $1 }.mapValues(expanded)
        inputs["cloud-url"] = job.machine.cloud.url
        inputs["ca-file"] = job.machine.caFile
        job.inputs = inputs
    }

    private func expanded(_ text: String) -> String {
        var values = ["runner.temp": job.file("temp"), "github.workspace": job.file("workspace")]
        for name in ["PULUMI_ACCESS_TOKEN"] { values["secrets.\(name)"] = job.machine.parent }
        for (name, value) in job.outputs { values["steps.token.outputs.\(name)"] = value }
        for (name, value) in plan.matrix ?? [:] { values["matrix.\(name)"] = value }
        return values.reduce(text) { $0.replacing("${{ \($1.key) }}", with: $1.value) }
    }
}
