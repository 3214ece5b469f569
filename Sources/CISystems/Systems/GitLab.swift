internal import HostSystem
internal import Supervision

extension CISystem {
    /// GitLab CI. https://docs.gitlab.com/ci/variables/predefined_variables/
    ///
    /// A job can add masks only where the runner was set up with a store for them, which it makes in an early stage.
    static func gitLab(in environment: Environment, files: FileProbe) -> CISystem? {
        guard environment.isTrue("GITLAB_CI") else { return nil }
        let project = environment.nonEmpty("CI_PROJECT_DIR")
        let temporary = environment.nonEmpty("RUNNER_TEMP_PROJECT_DIR") ?? project.map { $0 + ".tmp" }
        var system = CISystem(
            .gitLab,
            "GitLab CI",
            places: Places(in: environment, leases: temporary, temporary: [temporary], published: [project])
        )
        system.job = gitLabJob(in: environment)
        system.sessionID = environment.nonEmpty("CI_JOB_ID").map {
            canonicalLine("gitlab", environment.nonEmpty("CI_SERVER_HOST") ?? environment["CI_SERVER_URL"], $0)
        }
        if let runner = environment.nonEmpty("CI_RUNNER_ID"), let number = environment.nonEmpty("CI_CONCURRENT_ID") {
            system.slot = canonicalLine("gitlab", environment.nonEmpty("CI_SERVER_HOST"), runner, number)
        }
        if let temporary, temporary.hasPrefix("/"), files.exists(temporary + "/masking.db") {
            system.masking = .workflowCommands(.verbatim)
        }
        // In containers SIGTERM goes to every process; the shell executor has a group and ten minutes.
        system.ending =
            environment.isTrue("CI_SHARED_ENVIRONMENT")
            ? JobEnding(afterTermination: .seconds(590))
            : JobEnding(afterTermination: .seconds(5), tellsEveryProcess: true)
        system.folding = .gitLabSections
        system.foldsCommands = true
        system.isTracing = environment.isTrue("CI_DEBUG_TRACE")
        system.identity = .declared
        system.isUnprotected = environment["CI_COMMIT_REF_PROTECTED"] == "false"
        system.forkEvidence = .comparing(
            environment.nonEmpty("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH"),
            with: environment.nonEmpty("CI_MERGE_REQUEST_PROJECT_PATH")
        )
        return system
    }

    private static func gitLabJob(in environment: Environment) -> JobIdentity? {
        environment.nonEmpty("CI_PIPELINE_ID").map { pipeline in
            JobIdentity(
                system: "gitlab",
                server: environment.nonEmpty("CI_SERVER_URL"),
                repository: environment.nonEmpty("CI_PROJECT_PATH"),
                run: pipeline,
                job: environment.nonEmpty("CI_JOB_NAME"),
                number: environment.nonEmpty("CI_JOB_ID"),
                url: environment.nonEmpty("CI_JOB_URL") ?? environment.nonEmpty("CI_PIPELINE_URL")
            )
        }
    }
}
