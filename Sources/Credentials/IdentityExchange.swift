internal import HostSystem
package import PulumiCloud

/// An identity token, and what it is to be exchanged for.
package struct IdentityExchange: Equatable, Sendable {
    package var identity: IdentityTokenSource
    package var organization: String
    package var type: TokenExchange.TokenType
    package var use: OIDCOptions.Use

    /// - Throws: when an option is missing beside another, or nothing says where the identity token is.
    init(_ organization: String, _ options: OIDCOptions, _ environment: Environment) throws(CredentialError) {
        self.organization = organization
        type = try Self.type(options)
        use = options.use
        identity = try IdentityTokenSource(options, environment)
    }

    private static func type(_ options: OIDCOptions) throws(CredentialError) -> TokenExchange.TokenType {
        switch options.type {
        case "team":
            guard let team = options.team else { throw .teamMissing }
            return .team(team)
        case "organization": return .organization
        default: return .personal(user: options.user)
        }
    }

    /// For people: `a personal token of acme`.
    var target: String {
        switch type {
        case .personal(let user?): "a token of \(user) in \(organization)"
        case .personal(nil): "a personal token in \(organization)"
        case .team(let team): "a token of the team \(team) in \(organization)"
        case .organization: "a token of the organization \(organization)"
        }
    }

    /// The same whenever the same identity is exchanged, though each exchange gives another token.
    package var identityName: String {
        switch type {
        case .personal(let user): "personal \(user ?? "") \(organization)"
        case .team(let team): "team \(team) \(organization)"
        case .organization: "organization \(organization)"
        }
    }
}
