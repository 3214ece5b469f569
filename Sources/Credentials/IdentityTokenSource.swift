package import HostSystem
internal import JSON
package import Secrets

/// Where a job's identity token comes from: an OpenID Connect token that the CI system signed.
package enum IdentityTokenSource: Equatable, Sendable {
    /// GitHub's service, asked for a new token each time.
    case gitHub(requestURL: String, bearer: Secret)
    /// A variable, as GitLab's `id_tokens` set it.
    case variable(String)
    /// A file, as Kubernetes projects it; it may be renewed at any time.
    case file(String)

    /// What options name, else GitHub's service where the job has it.
    init(_ options: OIDCOptions, _ environment: Environment) throws(CredentialError) {
        for named in [options.tokenFile, options.tokenVariable].compactMap(\.self) where named.text.isEmpty {
            throw .empty(named.place)
        }
        switch (options.tokenFile, options.tokenVariable) {
        case (let file?, let variable?): throw .several([file.place, variable.place])
        case (let file?, nil): self = .file(file.text)
        case (nil, let variable?): self = .variable(variable.text)
        case (nil, nil): self = try Self.gitHub(environment)
        }
    }

    private static func gitHub(_ environment: Environment) throws(CredentialError) -> IdentityTokenSource {
        if let url = environment.nonEmpty("ACTIONS_ID_TOKEN_REQUEST_URL"),
            let bearer = environment.nonEmpty("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
        {
            return .gitHub(requestURL: url, bearer: Secret(bearer))
        }
        if environment.nonEmpty("GITHUB_ACTIONS") != nil {
            throw .identity(.noPermission(isFork: PullRequest.isFromFork(environment)))
        }
        throw .identity(.noSource(isGitLab: environment.nonEmpty("GITLAB_CI") != nil))
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

/// What the event of a GitHub job says.
enum PullRequest {
    /// Whether the job runs for a pull request from another repository, which gets no permissions and no secrets.
    ///
    /// Not so `pull_request_target`: it runs with the rights of the repository itself.
    static func isFromFork(_ environment: Environment) -> Bool {
        guard let event = environment["GITHUB_EVENT_NAME"], event.hasPrefix("pull_request"),
            event != "pull_request_target", let path = environment.nonEmpty("GITHUB_EVENT_PATH"),
            let bytes = try? Descriptor.open(path, 0).contents(limit: 8 << 20),
            let event = JSONDocument(Secret(bytes))?.root,
            let source = event["pull_request"]?["head"]?["repo"]?["full_name"]?.string
        else { return false }
        return source.lowercased() != environment["GITHUB_REPOSITORY"]?.lowercased()
    }
}
