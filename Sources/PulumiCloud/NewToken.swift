internal import JSON
internal import Secrets

/// What a token that is to be minted is like.
package struct NewToken: Sendable, Equatable {
    package var kind: TokenKind
    /// Of a team's or an organization's token: see `TokenKind.tokenName(nonce:)`.
    package var name: String?
    package var description: String
    /// Unix time, seconds; never 0, which the API takes for "never".
    package var expires: Int64
    /// For the cloud's own records; of a team's or an organization's token for the audit log.
    package var reason: String?
    /// The id of a role; of an organization's token only.
    package var role: String?
    /// With an administrator's rights; of an organization's token only.
    package var isAdmin: Bool

    package init(
        kind: TokenKind = .personal,
        name: String? = nil,
        description: String,
        expires: Int64,
        reason: String? = nil,
        role: String? = nil,
        isAdmin: Bool = false
    ) {
        self.kind = kind
        self.name = name
        self.description = description
        self.expires = expires
        self.reason = reason
        self.role = role
        self.isAdmin = isAdmin
    }

    var body: Secret {
        JSONText.object { body in
            if kind != .personal { body.member("name", name ?? "") }
            body.member("description", description)
            body.member("expires", expires)
            guard case .organization = kind else { return }
            body.member("admin", isAdmin)
            body.member("roleID", role)
        }
    }
}
