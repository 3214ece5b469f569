internal import HostSystem

/// Who started a job, and of which state of the source it is: what an audit asks for first.
package struct Provenance: Equatable, Sendable {
    /// The login name of whoever started the run.
    package var actor: String?
    /// The commit that was checked out.
    package var commit: String?

    static func of(_ kind: CISystem.Kind, in environment: Environment) -> Provenance {
        let names = variables(of: kind)
        return Provenance(
            actor: names.actor.flatMap(environment.nonEmpty),
            commit: names.commit.flatMap(environment.nonEmpty)
        )
    }

    private static func variables(of kind: CISystem.Kind) -> (actor: String?, commit: String?) {
        switch kind {
        case .forgejo, .gitea, .act, .gitHub: ("GITHUB_ACTOR", "GITHUB_SHA")
        case .gitLab: ("GITLAB_USER_LOGIN", "CI_COMMIT_SHA")
        case .azure: ("BUILD_REQUESTEDFOR", "BUILD_SOURCEVERSION")
        case .circleCI: ("CIRCLE_USERNAME", "CIRCLE_SHA1")
        case .buildkite: ("BUILDKITE_BUILD_CREATOR", "BUILDKITE_COMMIT")
        case .bitbucket: ("BITBUCKET_STEP_TRIGGERER_UUID", "BITBUCKET_COMMIT")
        case .teamCity: (nil, "BUILD_VCS_NUMBER")
        case .travis: (nil, "TRAVIS_COMMIT")
        case .woodpecker: ("CI_PIPELINE_AUTHOR", "CI_COMMIT_SHA")
        case .jenkins: ("BUILD_USER_ID", "GIT_COMMIT")
        case .unknown: (nil, nil)
        case .plain: ("USER", nil)
        }
    }
}
