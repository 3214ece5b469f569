/// What the identity endpoint writes into its tokens.
package struct IdentityClaims: Codable, Equatable, Sendable {
    package static let gitHubIssuer = "https://token.actions.githubusercontent.com"
    package static let gitLabIssuer = "https://gitlab.example.com"

    package var issuer = IdentityClaims.gitHubIssuer
    package var subject = "repo:acme/app:ref:refs/heads/main"
    /// Seconds.
    package var lifetime: Int64 = 300
    /// `ES256`, or `RS256` as the real issuers (a slow start).
    package var algorithm = "ES256"
    /// Claims beside `iss`, `sub`, `aud`, `iat`, `nbf`, `exp` and `jti`.
    package var claims: [String: JSONValue] = [
        "repository": .string("acme/app"), "repository_owner": .string("acme"), "ref": .string("refs/heads/main"),
        "workflow": .string("deploy"), "run_id": .string("1"), "actor": .string("alice"),
    ]

    package init() {}
}
