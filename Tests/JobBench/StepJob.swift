import CloudEmulator
import FoundationEssentials
package import RunnerGrammars
package import TestBench

/// A job of a system whose steps are scripts, each in a shell of its own.
package final class StepJob {
    package enum System: String, CaseIterable, Sendable {
        case azure, bitbucket, buildkite, circleci, jenkins, teamcity, travis, woodpecker
        case gitHub, gitea, forgejo, act, gitLab, gitLabWithStore
        /// A machine of somebody's own.
        case none

        /// Whether a job can add to what the log hides.
        package var masks: Bool { runner != .plain || self == .buildkite }

        /// Whether later steps find what `GITHUB_ENV` was given.
        package var isLikeGitHub: Bool { [.gitHub, .gitea, .forgejo, .act].contains(self) }

        fileprivate var runner: ShownLog.Runner {
            switch self {
            case .gitHub: .gitHub
            case .gitea: .gitea
            case .forgejo: .forgejo
            case .act: .act
            case .gitLabWithStore: .gitLabWithStore
            case .azure: .azure
            default: .plain
            }
        }
    }

    package let machine: BuildMachine
    package let system: System
    /// What people can read, where the system masks what it learned and the secret that it keeps.
    package private(set) var log: ShownLog
    /// Everything that was written, as it was.
    package private(set) var output = ""
    /// Buildkite's, with its interface for the job.
    package private(set) var agent: BuildkiteAgent?
    /// Azure's variables that steps have set.
    private var pipelineVariables: [String: String] = [:]
    private let folder: String
    /// Whether the system gives the job an identity token.
    private var hasIdentity = false

    package init(_ machine: BuildMachine, on system: System) throws {
        (self.machine, self.system) = (machine, system)
        folder = try machine.sandbox.makeFolder("agent-\(machine.sandbox.names.count)")
        for child in ["work", "temp"] {
            try machine.sandbox.makeFolder(folder.split(separator: "/").suffix(1).joined() + "/" + child)
        }
        log = ShownLog(system.runner, hiding: [machine.parent])
        if system == .gitLabWithStore {
            try machine.sandbox.makeFolder(folder.split(separator: "/").suffix(1).joined() + "/work.tmp")
            try write("", to: folder + "/work.tmp/masking.db")
        }
        if system == .buildkite { try makeAgent() }
        if system == .circleci { try makeCircleCI() }
    }

    /// Runs a job; whether it succeeded.
    @discardableResult
    package func run(_ plan: PlannedJob) throws -> Bool {
        var succeeded = true
        let identity = try plan.identity.mapValues { audiences in
            try machine.cloud.identityToken(IdentityTokenRequest(audience: audiences[0], lifetime: 3600))
        }
        hasIdentity = !identity.isEmpty
        for stage in plan.stages where stage.when == .always || (stage.when == .success) == succeeded {
            let changes = plan.environment.merging(identity) { $1 }.merging(stage.environment) { $1 }
            if try run(stage.shell, stage.text, adding: changes).status != 0 { succeeded = false }
        }
        return succeeded
    }

    /// Runs a step.
    @discardableResult
    package func run(_ shell: [String], _ script: String, adding changes: [String: String] = [:]) throws -> Outcome {
        let path = folder + "/step-\(machine.sandbox.names(in: folder.split(separator: "/").suffix(1).joined()).count)"
        try write(script, to: path)
        if system.isLikeGitHub { for name in Self.gitHubFiles { try write("", to: "\(folder)/temp/\(name)") } }
        var environment = try machine.jobEnvironment().merging(variables) { $1 }
        // There, secrets reach a step only by a name of its choice.
        if [.azure, .jenkins, .woodpecker].contains(system) { environment["PULUMI_ACCESS_TOKEN"] = nil }
        for (name, value) in pipelineVariables { environment[name.uppercased()] = value }
        // Who has an identity needs no stored secret.
        if hasIdentity || changes["PULUMI_TOKEN_OIDC_ORG"] != nil { environment["PULUMI_ACCESS_TOKEN"] = nil }
        for (name, value) in changes { environment[name] = expanded(value) }
        var program = Program(shell[0], Array(shell.dropFirst()) + [path], environment: environment)
        program.folder = folder + "/work"
        let outcome = try program.run()
        output += outcome.log
        for secret in redactions { log.hide(secret) }
        log.take(outcome.error)
        log.take(outcome.output)
        if system.isLikeGitHub {
            pipelineVariables.merge(try GitHubRunner.environment(contents(of: folder + "/temp/env") ?? [])) { $1 }
        }
        if system == .azure {
            // Those that are secret are not in the environment by themselves.
            let set = AzureAgent.variables(in: outcome.log)
            secrets.merge(set) { $1 }
            pipelineVariables.merge(set.filter { !outcome.log.contains("variable=\($0.key);issecret=true") }) { $1 }
        }
        return outcome
    }

    private var secrets: [String: String] = [:]

    /// `$(NAME)` is Azure's; `$secret` stands for the one that a configuration takes from the system's store.
    private func expanded(_ value: String) -> String {
        if value == "$secret" { return machine.parent }
        guard system == .azure else { return value }
        let known = secrets.merging(["pulumiAccessToken": machine.parent]) { $1 }
        return known.reduce(value) { $0.replacing("$(\($1.key))", by: $1.value) }
    }

    /// The program of CircleCI's images that asks for an identity token, as its documentation has it.
    private func makeCircleCI() throws {
        try writeIdentity()
        let program = """
            #!/bin/sh
            test "$*" = 'run oidc get --root-issuer --claims {"aud":"urn:pulumi:org:acme"}' && cat '\(folder)/identity'

            """
        try write(Array(program.utf8), to: machine.programs() + "/circleci", mode: 0o755)
    }

    private func writeIdentity() throws {
        let identity = IdentityTokenRequest(audience: "urn:pulumi:org:acme")
        try write(try machine.cloud.identityToken(identity), to: folder + "/identity")
    }

    // MARK: Buildkite's agent

    private func makeAgent() throws {
        agent = try BuildkiteAgent(at: folder + "/job.sock")
        try writeIdentity()
        try write(
            Array(
                """
                #!/bin/sh
                case "$1 $2" in
                'oidc request-token') test "$3 $4" = '--audience urn:pulumi:org:acme' && cat '\(folder)/identity' ;;
                *) exit 9 ;;
                esac

                """.utf8
            ),
            to: machine.programs() + "/buildkite-agent",
            mode: 0o755
        )
    }

    private var redactions: [String] { agent?.redactions ?? [] }

    // MARK: What each system sets

    private static let gitHubFiles = ["env", "output", "state", "summary"]

    private var gitHubVariables: [String: String] {
        [
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "deploy", "GITHUB_REPOSITORY": "acme/app", "GITHUB_SERVER_URL": "https://git.example.com",
            "RUNNER_TEMP": folder + "/temp", "GITHUB_WORKSPACE": folder + "/work", "RUNNER_TRACKING_ID": "t-1",
            "GITHUB_ENV": folder + "/temp/env", "GITHUB_OUTPUT": folder + "/temp/output",
            "GITHUB_STATE": folder + "/temp/state", "GITHUB_STEP_SUMMARY": folder + "/temp/summary",
        ]
    }

    private var variables: [String: String] {
        switch system {
        case .none: [:]
        case .gitHub: gitHubVariables
        case .gitea: gitHubVariables.merging(["GITEA_ACTIONS": "true"]) { $1 }
        case .forgejo: gitHubVariables.merging(["GITEA_ACTIONS": "true", "FORGEJO_ACTIONS": "true"]) { $1 }
        case .act: gitHubVariables.merging(["ACT": "true"]) { $1 }
        case .gitLab, .gitLabWithStore:
            [
                "CI": "true", "GITLAB_CI": "true", "CI_JOB_ID": "4711", "CI_PIPELINE_ID": "815",
                "CI_PROJECT_DIR": folder + "/work", "CI_PROJECT_PATH": "acme/app",
                "CI_SERVER_HOST": "gitlab.example.com", "CI_JOB_TIMEOUT": "1800",
            ]
        case .azure:
            [
                "TF_BUILD": "True", "AGENT_TEMPDIRECTORY": folder + "/temp", "BUILD_BUILDID": "77",
                "BUILD_SOURCESDIRECTORY": folder + "/work", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
                "SYSTEM_JOBID": "12f1170f", "SYSTEM_TEAMPROJECT": "Web Shop", "SYSTEM_JOBATTEMPT": "1",
            ]
        case .bitbucket:
            [
                "CI": "true", "BITBUCKET_BUILD_NUMBER": "8", "BITBUCKET_CLONE_DIR": folder + "/work",
                "BITBUCKET_REPO_FULL_NAME": "acme/app", "BITBUCKET_STEP_UUID": "{be2ad92c}",
            ]
        case .buildkite:
            [
                "CI": "true", "BUILDKITE": "true", "BUILDKITE_BUILD_NUMBER": "31", "BUILDKITE_JOB_ID": "0190046e",
                "BUILDKITE_AGENT_JOB_API_SOCKET": folder + "/job.sock",
                "BUILDKITE_AGENT_JOB_API_TOKEN": agent?.token ?? "",
                "BUILDKITE_BUILD_CHECKOUT_PATH": folder + "/work",
            ]
        case .circleci:
            [
                "CI": "true", "CIRCLECI": "true", "BASH_ENV": folder + "/temp/bash_env", "CIRCLE_JOB": "deploy",
                "CIRCLE_WORKFLOW_ID": "b7a1e2d8", "CIRCLE_WORKFLOW_JOB_ID": "e4d909c2", "CIRCLE_NODE_INDEX": "0",
                "CIRCLE_WORKING_DIRECTORY": folder + "/work",
            ]
        case .jenkins:
            [
                "JENKINS_URL": "https://jenkins.example.com/", "BUILD_NUMBER": "14", "JOB_NAME": "app",
                "NODE_NAME": "built-in", "EXECUTOR_NUMBER": "1", "WORKSPACE": folder + "/work",
            ]
        case .teamcity:
            [
                "TEAMCITY_VERSION": "2025.11", "BUILD_NUMBER": "19",
                "TEAMCITY_BUILD_PROPERTIES_FILE": folder + "/temp/teamcity.build1.properties",
            ]
        case .travis:
            ["CI": "true", "TRAVIS": "true", "TRAVIS_BUILD_ID": "1001", "TRAVIS_JOB_ID": "1002"]
        case .woodpecker:
            [
                "CI": "woodpecker", "CI_SYSTEM_NAME": "woodpecker", "CI_PIPELINE_NUMBER": "6", "CI_REPO": "acme/app",
                "CI_SYSTEM_URL": "https://ci.example.com", "CI_WORKFLOW_NAME": "deploy", "CI_WORKFLOW_NUMBER": "2",
            ]
        }
    }
}
