internal import HostSystem

extension CISystem {
    /// Travis CI. https://docs.travis-ci.com/user/environment-variables/
    static func travis(in environment: Environment) -> CISystem? {
        guard environment.isTrue("TRAVIS") else { return nil }
        var system = CISystem(.travis, "Travis CI", places: Places(in: environment))
        let url = environment.nonEmpty("TRAVIS_BUILD_WEB_URL")
        system.job = environment.nonEmpty("TRAVIS_BUILD_ID").map { build in
            JobIdentity(
                system: "travis",
                server: url.flatMap(origin),
                repository: environment.nonEmpty("TRAVIS_REPO_SLUG"),
                run: build,
                job: environment.nonEmpty("TRAVIS_JOB_NAME") ?? environment.nonEmpty("TRAVIS_JOB_NUMBER"),
                url: environment.nonEmpty("TRAVIS_JOB_WEB_URL") ?? url
            )
        }
        system.sessionID = environment.nonEmpty("TRAVIS_JOB_ID").map {
            canonicalLine("travis", system.job?.server, $0)
        }
        system.folding = .travisFolds
        system.forkEvidence = .comparing(
            environment.nonEmpty("TRAVIS_PULL_REQUEST_SLUG"),
            with: environment.nonEmpty("TRAVIS_REPO_SLUG")
        )
        return system
    }
}
