internal import HostSystem

extension CISystem {
    /// What GitHub's runner and those that follow it have in common.
    static func gitHubCompatible(
        _ kind: Kind,
        _ name: String,
        in environment: Environment,
        dialect: Masking.Dialect
    ) -> CISystem {
        let workspace = environment["GITHUB_WORKSPACE"]
        let temporary = environment["RUNNER_TEMP"]
        var system = CISystem(
            kind,
            name,
            places: Places(in: environment, leases: temporary, temporary: [temporary], published: [workspace])
        )
        system.job = gitHubJob(kind, in: environment)
        system.masking = .workflowCommands(dialect)
        system.annotations = .workflowCommands(dialect)
        system.folding = .gitHubGroups(dialect)
        system.environmentFiles = EnvironmentFiles(in: environment, dialect: dialect == .escaped ? .gitHub : .act)
        system.searchPath = environment.nonEmpty(SearchPathFile.variable).map(SearchPathFile.init(path:))
        system.stepSummary = environment.nonEmpty("GITHUB_STEP_SUMMARY").map(StepSummary.init(path:))
        system.isTracing = environment.isTrue("RUNNER_DEBUG")
        system.identity = .forbidden
        system.forkEvidence = .gitHub(in: environment)
        return system
    }

    private static func gitHubJob(_ kind: Kind, in environment: Environment) -> JobIdentity? {
        environment.nonEmpty("GITHUB_RUN_ID").map { run in
            JobIdentity(
                system: kind.rawValue,
                server: environment.nonEmpty("GITHUB_SERVER_URL"),
                repository: environment.nonEmpty("GITHUB_REPOSITORY"),
                run: run,
                attempt: environment.nonEmpty("GITHUB_RUN_ATTEMPT"),
                job: environment.nonEmpty("GITHUB_JOB")
            )
        }
    }
}
