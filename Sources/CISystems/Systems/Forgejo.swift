internal import HostSystem

extension CISystem {
    /// Forgejo Actions.
    ///
    /// It also sets the variables of Gitea and GitHub.
    static func forgejo(in environment: Environment) -> CISystem? {
        guard environment.isTrue("FORGEJO_ACTIONS") else { return nil }
        return forge(.forgejo, "Forgejo Actions", in: environment)
    }

    /// What Forgejo and Gitea have in common: pages of runs by their number, no id of the job.
    static func forge(_ kind: Kind, _ name: String, in environment: Environment) -> CISystem {
        var system = gitHubCompatible(kind, name, in: environment, dialect: .verbatim)
        guard let job = system.job else { return system }
        if let server = job.server, let repository = job.repository,
            let number = environment.nonEmpty("GITHUB_RUN_NUMBER")
        {
            system.job?.url = "\(server)/\(repository)/actions/runs/\(number)"
        }
        // Jobs of a matrix that share a machine differ in their temporary folder.
        system.sessionID = canonicalLine(
            job.canonicalRun,
            job.job,
            environment["RUNNER_NAME"],
            environment["RUNNER_TEMP"]
        )
        return system
    }
}
