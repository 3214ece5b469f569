internal import CISystems
package import HostSystem
package import Secrets

/// Where a job's identity token comes from: an OpenID Connect token that the CI system signed.
package enum IdentityTokenSource: Equatable, Sendable {
    /// GitHub's service, asked for a new token each time.
    case gitHub(requestURL: String, bearer: Secret)
    /// A variable, as GitLab's `id_tokens` set it.
    case variable(String)
    /// A file, as Kubernetes projects it; it may be renewed at any time.
    case file(String)

    /// What options name, else the system's own service where the job may ask it.
    init(_ options: OIDCOptions, on system: CISystem) throws(CredentialError) {
        for named in [options.tokenFile, options.tokenVariable].compactMap(\.self) where named.text.isEmpty {
            throw .empty(named.place)
        }
        switch (options.tokenFile, options.tokenVariable) {
        case (let file?, let variable?): throw .several([file.place, variable.place])
        case (let file?, nil): self = .file(file.text)
        case (nil, let variable?):
            // A token in the place of its name must not come back in a message.
            guard VariableName.isWellFormed(variable.text), !UserText.holdsCredential(variable.text) else {
                throw .notAName(place: variable.place)
            }
            self = .variable(variable.text)
        case (nil, nil): self = try Self.offered(by: system)
        }
    }

    private static func offered(by system: CISystem) throws(CredentialError) -> IdentityTokenSource {
        switch system.identity {
        case .service(let url, let bearer): return .gitHub(requestURL: url, bearer: bearer)
        case .forbidden: throw .identity(.noPermission(isFork: system.isFork))
        case .declared: throw .identity(.noSource(isDeclared: true))
        case .unknown: throw .identity(.noSource(isDeclared: false))
        }
    }

    var sentence: String {
        switch self {
        case .gitHub: "an identity token of GitHub"
        case .variable(let name): "the identity token in \(name)"
        case .file(let path): "the identity token in \(path)"
        }
    }

    /// What must not appear in a log, as far as it is known without asking: the token, or what asks for one.
    package func secret(in environment: Environment) -> Secret? {
        switch self {
        case .gitHub(_, let bearer): bearer
        case .variable(let name): environment.nonEmpty(name).map { Secret($0) }
        case .file: nil
        }
    }
}
