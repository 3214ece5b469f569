internal import HostSystem
internal import Supervision

extension CISystem {
    /// Buildkite. https://buildkite.com/docs/pipelines/configure/environment-variables
    static func buildkite(in environment: Environment) -> CISystem? {
        guard environment.isTrue("BUILDKITE") else { return nil }
        var system = CISystem(
            .buildkite,
            "Buildkite",
            places: Places(in: environment, published: [environment["BUILDKITE_BUILD_CHECKOUT_PATH"]])
        )
        let url = environment.nonEmpty("BUILDKITE_BUILD_URL")
        system.job = environment.nonEmpty("BUILDKITE_BUILD_NUMBER").map { build in
            JobIdentity(
                system: "buildkite",
                server: url.flatMap(origin),
                repository: path(
                    environment["BUILDKITE_ORGANIZATION_SLUG"],
                    environment["BUILDKITE_PIPELINE_SLUG"]
                ),
                run: build,
                job: environment.nonEmpty("BUILDKITE_STEP_KEY") ?? environment.nonEmpty("BUILDKITE_LABEL"),
                url: url
            )
        }
        system.sessionID = environment.nonEmpty("BUILDKITE_JOB_ID").map { canonicalLine("buildkite", $0) }
        let grace = environment.nonEmpty("BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS").flatMap(Int64.init)
        let patience = Duration.seconds(max(2, grace ?? 9) - 1)
        // Which signal it is can be configured.
        system.ending = JobEnding(afterInterrupt: patience, afterTermination: patience)
        system.folding = .buildkiteHeaders
        system.handsVariablesOn = true
        if let api = BuildkiteJobAPI(in: environment) { system.masking = .buildkiteRedactions(api) }
        return system
    }
}
