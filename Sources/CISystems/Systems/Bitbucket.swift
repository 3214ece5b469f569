internal import HostSystem

extension CISystem {
    /// Bitbucket Pipelines. https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
    static func bitbucket(in environment: Environment) -> CISystem? {
        guard let build = environment.nonEmpty("BITBUCKET_BUILD_NUMBER") else { return nil }
        let repository = environment.nonEmpty("BITBUCKET_REPO_FULL_NAME")
        var system = CISystem(
            .bitbucket,
            "Bitbucket Pipelines",
            places: Places(in: environment, published: [environment["BITBUCKET_CLONE_DIR"]])
        )
        system.job = JobIdentity(
            system: "bitbucket",
            server: "https://bitbucket.org",
            repository: repository,
            run: build,
            url: repository.map { "https://bitbucket.org/\($0)/pipelines/results/\(build)" }
        )
        system.sessionID = environment.nonEmpty("BITBUCKET_STEP_UUID").map {
            canonicalLine("bitbucket", repository, build, $0, environment["BITBUCKET_STEP_RUN_NUMBER"])
        }
        return system
    }
}
