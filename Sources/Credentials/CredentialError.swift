package import HostSystem

/// Why there is no credential to mint with.
package enum CredentialError: ExplainedError, Equatable, Sendable {
    /// Nothing was given, and nothing was found.
    case missing(CredentialSeeker)
    /// A variable or an input that is there but holds nothing, as a fork's secrets do.
    case empty(String)
    /// The same of one that should name an organization.
    case emptyOrganization(String)
    /// Two were named; the places.
    case several([String])
    case malformed(place: String, TokenShape.Problem, isFile: Bool)
    case unreadable(FileError)
    /// The Pulumi CLI's login, in a file.
    case login(LoginProblem, path: String)
    case identity(IdentityProblem)
    /// It is not a person's, so it cannot mint; whose it is.
    case machine(owner: String)
    /// A team's token is wanted, and not whose.
    case teamMissing

    package var exitCode: ExitCode {
        switch self {
        case .several, .teamMissing: .usage
        case .malformed(_, .empty, isFile: true): .notAllowed
        case .malformed(_, _, isFile: true): .malformedFile
        case .unreadable: .unreadableFile
        case .login(let problem, _): problem.exitCode
        case .identity(let problem): problem.exitCode
        case .missing, .empty, .emptyOrganization, .malformed, .machine: .notAllowed
        }
    }

    package var message: String {
        switch self {
        case .missing: "there is no Pulumi credential"
        case .empty(let place), .emptyOrganization(let place): "\(place) is set but empty"
        case .several(let places):
            "\(places.joined(separator: " and ")) are \(places.count == 2 ? "both" : "all") given"
        case .malformed(let place, let problem, _): "\(place) \(problem.explanation), so it is no token"
        case .unreadable(let error): "cannot read \(error.path): \(error.reason)"
        case .login(let problem, let path): "\(path) \(problem.explanation)"
        case .identity(let problem): problem.message
        case .machine(let owner):
            "the credential is a token of \(owner), and only a person's credential can mint"
        case .teamMissing: "a team token needs the name of the team"
        }
    }

    package var hint: String? {
        switch self {
        case .missing(let seeker): seeker.hint
        case .empty:
            "check the name of the secret; a pull request from a fork gets no secrets, so skip this step there"
        case .emptyOrganization: "give it the name of the organization whose policies know the job"
        case .several: "give one of them"
        case .malformed(_, .unreplaced, _): "define that variable for the job, or check its name"
        case .malformed(_, _, isFile: true): "the file must hold one token on one line"
        case .malformed: "give the token alone, as Pulumi Cloud showed it"
        case .unreadable: "check the path and who may read the file"
        case .login(let problem, _): problem.hint
        case .identity(let problem): problem.hint
        case .machine:
            "use a personal access token, or exchange an identity token for a personal one (--oidc-type personal)"
        case .teamMissing: "give it with --oidc-team"
        }
    }
}
