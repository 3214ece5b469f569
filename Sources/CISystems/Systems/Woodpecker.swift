internal import HostSystem

extension CISystem {
    /// Woodpecker. https://woodpecker-ci.org/docs/usage/environment
    ///
    /// Its steps are containers that share the workspace only, so nothing is forbidden there.
    static func woodpecker(in environment: Environment) -> CISystem? {
        guard environment["CI"] == "woodpecker" || environment["CI_SYSTEM_NAME"] == "woodpecker" else { return nil }
        var system = CISystem(.woodpecker, "Woodpecker", places: Places(in: environment))
        system.job = environment.nonEmpty("CI_PIPELINE_NUMBER").map { pipeline in
            JobIdentity(
                system: "woodpecker",
                server: environment.nonEmpty("CI_SYSTEM_URL"),
                repository: environment.nonEmpty("CI_REPO"),
                run: pipeline,
                job: environment.nonEmpty("CI_WORKFLOW_NAME"),
                url: environment.nonEmpty("CI_PIPELINE_URL")
            )
        }
        system.sessionID = system.job.map {
            canonicalLine($0.canonicalRun, environment["CI_WORKFLOW_NUMBER"], environment["CI_WORKFLOW_NAME"])
        }
        return system
    }
}
