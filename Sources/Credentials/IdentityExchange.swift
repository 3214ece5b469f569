internal import CISystems
package import PulumiCloud

/// An identity token, and what it is to be exchanged for.
package struct IdentityExchange: Equatable, Sendable {
    package var identity: IdentityTokenSource
    package var organization: String
    package var type: TokenExchange.TokenType
    /// As a user gave it; nil for what follows from the type.
    package var scope: String?
    package var use: OIDCOptions.Use

    /// - Throws: when an option is missing beside another, or nothing says where the identity token is.
    init(_ organization: String, _ options: OIDCOptions, on system: CISystem) throws(CredentialError) {
        self.organization = organization
        type = try Self.type(options)
        scope = options.scope?.text
        use = options.use
        identity = try IdentityTokenSource(options, on: system)
    }

    private static func type(_ options: OIDCOptions) throws(CredentialError) -> TokenExchange.TokenType {
        if let scope = options.scope, let other = options.user ?? options.team {
            throw .several([other.place, scope.place])
        }
        switch options.type {
        case "team":
            guard let team = options.team?.text ?? name("team:", options) else { throw .ownerMissing(type: "team") }
            return .team(team)
        case "organization": return .organization
        case "runner":
            guard options.scope != nil else { throw .ownerMissing(type: "runner") }
            return .runner
        default:
            guard let user = options.user?.text ?? name("user:", options) else {
                throw .ownerMissing(type: "personal")
            }
            return .personal(user: user)
        }
    }

    /// What a scope says of its owner: `user:alice`.
    private static func name(_ prefix: String, _ options: OIDCOptions) -> String? {
        options.scope.map { $0.text.hasPrefix(prefix) ? String($0.text.dropFirst(prefix.count)) : $0.text }
    }

    /// For people: `a token of the team ops in acme`.
    var target: String {
        switch type {
        case .personal(let user): "a token of \(user) in \(organization)"
        case .team(let team): "a token of the team \(team) in \(organization)"
        case .organization: "a token of the organization \(organization)"
        case .runner: "a runner token in \(organization)"
        }
    }

    /// The kind of the tokens that fit the exchanged one; a runner's cannot mint, so any will do.
    package var kind: TokenKind {
        switch type {
        case .personal, .runner: .personal
        case .team(let team): .team(team, organization: organization)
        case .organization: .organization(organization)
        }
    }

    /// The same whenever the same identity is exchanged, though each exchange gives another token.
    package var identityName: String {
        let owner =
            switch type {
            case .personal(let user): "personal \(user) \(organization)"
            case .team(let team): "team \(team) \(organization)"
            case .organization: "organization \(organization)"
            case .runner: "runner \(organization)"
            }
        return scope.map { "\(owner) \($0)" } ?? owner
    }
}
