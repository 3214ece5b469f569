import CloudEmulator
package import RunnerGrammars
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A job of GitLab CI in the shell executor: `before_script` and `script` in one shell, `after_script` in another one.
package final class GitLabJob {
    /// What keeps a script from its end.
    package enum Interruption: Sendable {
        /// Somebody cancels the job, or its script takes too long: its processes are told to end, `after_script` runs.
        case cancelled, scriptTimedOut
        /// Somebody cancels it by force, the job takes too long, or the runner is stopped: its processes are told to end,
        /// and nothing more runs.
        case cutOff
        /// The runner dies: all is killed, nothing more runs.
        case killed
    }

    /// Which shell an image has.
    package enum Shell: String, CaseIterable, Sendable {
        case bash, dash, busybox

        package var words: [String] { self == .busybox ? ["busybox", "sh"] : [rawValue] }
    }

    package let machine: BuildMachine
    private let plan: PlannedJob
    private let shell: Shell
    private let folder: String
    /// Of the project, and what the runner adds.
    package var variables: [String: String]
    /// Everything that its processes wrote, by stage.
    package private(set) var outputs: [String] = []
    package private(set) var statuses: [Int32] = []
    package private(set) var log: ShownLog
    /// Where its shells look for programs, after those of every job.
    package var searchPath = Program.usualPath["PATH"] ?? ""

    /// - Parameter masks: whether the runner has a store for masks of jobs.
    package init(_ machine: BuildMachine, _ plan: PlannedJob, in shell: Shell = .bash, masks: Bool = false) throws {
        self.machine = machine
        self.plan = plan
        self.shell = shell
        // The project's variable with the credential is a masked one.
        log = ShownLog(masks ? .gitLabWithStore : .plain, hiding: [machine.parent])
        let name = "builds-\(machine.sandbox.names.count)"
        folder = try machine.sandbox.makeFolder(name)
        for child in ["app", "app.tmp"] { try machine.sandbox.makeFolder("\(name)/\(child)") }
        if masks { try machine.sandbox.write("", to: "\(name)/app.tmp/masking.db") }
        variables = [
            "CI": "true", "GITLAB_CI": "true", "CI_JOB_ID": String(4711 + machine.sandbox.names.count),
            "CI_JOB_NAME": plan.name, "CI_JOB_TIMEOUT": "1800", "CI_PIPELINE_ID": "815",
            "CI_PROJECT_DIR": folder + "/app", "CI_PROJECT_PATH": "acme/app", "CI_SERVER_FQDN": "gitlab.example.com",
            "CI_SERVER_HOST": "gitlab.example.com", "CI_SERVER_URL": "https://gitlab.example.com",
            "CI_API_V4_URL": "http://127.0.0.1:9", "CI_JOB_TOKEN": RunAPI.token,
            "RUNNER_TEMP_PROJECT_DIR": folder + "/app.tmp", "PULUMI_BACKEND_URL": machine.cloud.url,
            "SSL_CERT_FILE": machine.caFile, "PULUMI_ACCESS_TOKEN": machine.parent,
        ]
        for (name, audiences) in plan.identity {
            let request = IdentityTokenRequest(audience: audiences[0], lifetime: 3600)
            variables[name] = try machine.cloud.identityToken(request)
            variables["PULUMI_ACCESS_TOKEN"] = nil
        }
        variables.merge(plan.environment) { $1 }
    }

    /// Everything that was written, as it was.
    package var output: String { outputs.joined() }
    package func file(_ name: String) -> String { "\(folder)/\(name)" }

    /// Runs the job, with an interruption as soon as its script says something; whether it succeeded.
    ///
    /// - Parameter other: what happens between the two, while the script runs.
    @discardableResult
    package func run(
        _ interruption: Interruption? = nil,
        at text: String = "",
        after other: () throws -> Void = {}
    ) throws -> Bool {
        let script = try start(plan.stages[0], status: "running")
        if let interruption {
            try script.read { $0.outputSoFar.contains(text) || $0.errorSoFar.contains(text) }
            try other()
            script.signalGroup(interruption.isGentle ? SIGTERM : SIGKILL)
        }
        try finish(script)
        let succeeded = interruption == nil && statuses.last == 0
        if interruption?.runsAfterScript != false, plan.stages[1].lines?.isEmpty == false {
            let status =
                interruption.map { $0 == .cancelled ? "canceled" : "failed" } ?? (succeeded ? "success" : "failed")
            try finish(try start(plan.stages[1], status: status))
        }
        return succeeded
    }

    private func start(_ stage: PlannedJob.Stage, status: String) throws -> RunningProgram {
        let path = file("\(stage.name)-\(statuses.count)")
        try write(script(stage, status: status), to: path)
        let environment = ["HOME": machine.sandbox.file("home"), "PATH": try machine.programs() + ":" + searchPath]
        let words = shell.words
        var program = Program(words[0], Array(words.dropFirst()) + [path], environment: environment)
        program.hasOwnGroup = true
        return try program.start()
    }

    private func finish(_ stage: RunningProgram) throws {
        let outcome = try stage.wait()
        statuses.append(outcome.status)
        outputs.append(outcome.log)
        log.take(outcome.error)
        log.take(outcome.output)
    }

    /// The script of a stage, as the runner writes it: https://gitlab.com/gitlab-org/gitlab-runner, shells/bash.go.
    private func script(_ stage: PlannedJob.Stage, status: String) -> String {
        let exports = variables.merging(["CI_JOB_STATUS": status]) { $1 }.sorted { $0.key < $1.key }
            .map { "export \($0)=\(quoted($1))\n" }
        let lines = (stage.lines ?? []).map { line in
            let shown = line.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
            return "echo \(quoted("\u{1B}[32;1m$ \(shown)\u{1B}[0;m"))\n\(line)\n"
        }
        let body = exports.joined() + "cd \(quoted(folder + "/app"))\n" + lines.joined()
        return """
            #!/usr/bin/env \(shell)

            trap exit 1 TERM

            \(variables["CI_DEBUG_TRACE"] == "true" ? "set -o xtrace\n" : "")\
            if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit
            set +o noclobber
            : | eval \(quoted(body))
            exit 0

            """
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", by: "'\\''") + "'" }
}

extension GitLabJob.Interruption {
    fileprivate var isGentle: Bool { if case .killed = self { false } else { true } }

    fileprivate var runsAfterScript: Bool {
        switch self {
        case .cancelled, .scriptTimedOut: true
        case .cutOff, .killed: false
        }
    }
}
