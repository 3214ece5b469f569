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
    /// A token of this type is wanted, and the option that says whose is missing.
    case ownerMissing(type: String)
    /// An option about the identity token is given, and no organization for which to exchange it.
    case organizationMissing(beside: String)
    /// What should be the name of a variable is none.
    case notAName(place: String)

    package var exitCode: ExitCode {
        switch self {
        case .several, .ownerMissing, .organizationMissing, .notAName: .usage
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
        case .missing: "no Pulumi credential found"
        case .empty(let place), .emptyOrganization(let place): "\(place) is set but empty"
        case .several(let places):
            "\(places.joined(separator: " and ")) cannot be combined"
        case .malformed(let place, .empty, _): "\(place) is empty"
        case .malformed(let place, let problem, _):
            "\(place) does not look like a Pulumi token: it \(problem.explanation)"
        case .unreadable(let error): "cannot read \(error.path): \(error.reason)"
        case .login(let problem, let path): problem.message(of: path)
        case .identity(let problem): problem.message
        case .machine(let owner):
            "cannot mint a personal token: the credential is a token of \(owner)"
        case .ownerMissing(let type): "a token of the type \(type) needs an owner"
        case .organizationMissing(let place): "\(place) needs an organization"
        case .notAName(let place): "\(place) is not the name of a variable"
        }
    }

    package var hint: String? {
        switch self {
        case .missing(let seeker): seeker.hint
        case .empty:
            "check the name of the secret; a pull request from a fork gets no secrets, so skip this step there"
        case .emptyOrganization: "set it to the organization whose OIDC policies trust the job"
        case .several: "set only one of them"
        case .malformed(_, .unreplaced, _): "define that variable for the job, or check its name"
        case .malformed(_, .path, isFile: false):
            "set --access-token-file to that path; a variable of the type File on GitLab contains a path"
        case .malformed(_, _, isFile: true): "write only the token into the file, on one line"
        case .malformed: "set it to the token exactly as Pulumi Cloud showed it"
        case .unreadable: "check the path and the permissions of the file"
        case .login(let problem, _): problem.hint
        case .identity(let problem): problem.hint
        case .machine:
            "use a personal access token or --oidc-type personal, or mint with --kind team or --kind organization"
        case .ownerMissing("personal"): "set --oidc-user to the user"
        case .ownerMissing("team"): "set --oidc-team to the team"
        case .ownerMissing: "set --oidc-scope to the pool, as in runner:NAME"
        case .organizationMissing: "set --oidc-org, or remove the option"
        case .notAName: "use the NAME of the variable, without $"
        }
    }
}
