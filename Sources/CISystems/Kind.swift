internal import HostSystem

extension CISystem {
    /// The systems that are known, the most specific first: those that imitate another also set the other's variables.
    ///
    /// A new case asks by the compiler for all that belongs to a system, in the source and in the tests.
    package enum Kind: String, CaseIterable, Sendable {
        case forgejo, gitea, act
        case gitHub = "github"
        case gitLab = "gitlab"
        case azure
        case circleCI = "circleci"
        case buildkite, bitbucket
        case teamCity = "teamcity"
        case travis, woodpecker, jenkins
        /// A CI system that says no more than `CI=true`.
        case unknown = "ci"
        /// A machine with a person in front of it.
        case plain = "local"
    }
}

extension CISystem.Kind {
    /// What the variables of a job say of this system; nil when they are not its own.
    func recognise(_ environment: Environment, _ files: FileProbe) -> CISystem? {
        switch self {
        case .forgejo: .forgejo(in: environment)
        case .gitea: .gitea(in: environment)
        case .act: .act(in: environment)
        case .gitHub: .gitHubActions(in: environment)
        case .gitLab: .gitLab(in: environment, files: files)
        case .azure: .azurePipelines(in: environment)
        case .circleCI: .circleCI(in: environment)
        case .buildkite: .buildkite(in: environment)
        case .bitbucket: .bitbucket(in: environment)
        case .teamCity: .teamCity(in: environment)
        case .travis: .travis(in: environment)
        case .woodpecker: .woodpecker(in: environment)
        case .jenkins: .jenkins(in: environment)
        case .unknown: .unknownSystem(in: environment)
        case .plain: .plainMachine(in: environment)
        }
    }

    /// Whether the variables of both may belong to one job: three systems say of themselves that they are GitHub too,
    /// and all say that they are CI.
    func agrees(with other: CISystem.Kind) -> Bool {
        let likeGitHub: Set<CISystem.Kind> = [.forgejo, .gitea, .act, .gitHub]
        if likeGitHub.contains(self), likeGitHub.contains(other) { return true }
        return self == other || other == .unknown || other == .plain
    }
}
