/// Whose rights a token carries, and so where it is minted, listed and revoked.
package enum TokenKind: Hashable, Sendable {
    /// Every right of its user, in every organization.
    case personal
    /// The rights of one team.
    case team(String, organization: String)
    /// An organization's, with the rights of a role.
    case organization(String)
}

extension TokenKind {
    /// As options, records and JSON name it.
    package var name: String {
        switch self {
        case .personal: "personal"
        case .team: "team"
        case .organization: "organization"
        }
    }

    /// nil for a personal token, which belongs to no organization.
    package var organization: String? {
        switch self {
        case .personal: nil
        case .team(_, let organization), .organization(let organization): organization
        }
    }

    package var team: String? {
        guard case .team(let team, _) = self else { return nil }
        return team
    }

    /// The kind that a name, an organization and a team stand for together; nil when they do not fit.
    package init?(name: String, organization: String?, team: String?) {
        guard [organization, team].allSatisfy({ $0.map(Self.isUsable) ?? true }) else { return nil }
        switch (name, organization, team) {
        case ("personal", nil, nil): self = .personal
        case ("team", let organization?, let team?): self = .team(team, organization: organization)
        case ("organization", let organization?, nil): self = .organization(organization)
        default: return nil
        }
    }

    /// Whether a text can be the name of an organization or a team: it becomes a part of a URL and of messages.
    package static func isUsable(_ name: String) -> Bool {
        let isPlain = name.unicodeScalars.allSatisfy { !isControl($0) && $0 != "/" }
        return (1...256).contains(name.utf8.count) && isPlain && name != "." && name != ".."
    }

    /// What is done with tokens.
    package enum Action: Hashable, Sendable {
        case mint, list, revoke
    }

    /// The RBAC scope that an action needs; nil for a personal token, which its user may always handle.
    ///
    /// https://www.pulumi.com/docs/pulumi-cloud/access-management/rbac/scopes/
    package func right(to action: Action) -> String? {
        switch (self, action) {
        case (.personal, _): nil
        case (.team, .mint): "team:create_token"
        case (.team, .list): "team:list_tokens"
        case (.team, .revoke): "team:delete_token"
        case (.organization, .mint): "org_token:create"
        case (.organization, .list): "org_token:read"
        case (.organization, .revoke): "org_token:delete"
        }
    }

    /// The first edition of Pulumi Cloud that has tokens of this kind; nil when all have.
    package var edition: String? {
        switch self {
        case .personal: nil
        case .team: "Pro"
        case .organization: "Essentials"
        }
    }

    /// The name of a new token: the API wants one of these kinds that was never used in the organization before, of
    /// at most 40 letters, digits, hyphens and underscores; a slash in it breaks the deletion on old servers.
    ///
    /// - Parameter nonce: in base64url, never used twice.
    /// - Returns: nil for a personal token, which has none.
    package func tokenName(nonce: String) -> String? {
        self == .personal ? nil : "pt-\(nonce)"
    }

    /// The resource that holds the tokens of this kind.
    var path: [String] {
        switch self {
        case .personal: ["api", "user", "tokens"]
        case .team(let team, let organization): ["api", "orgs", organization, "teams", team, "tokens"]
        case .organization(let organization): ["api", "orgs", organization, "tokens"]
        }
    }
}
