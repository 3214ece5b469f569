/// How the token exchange decides.
package struct Exchange: Codable, Equatable, Sendable {
    /// Allow policies; everything else is denied.
    package var policies = [
        Policy(tokenType: "personal"), Policy(tokenType: "team"), Policy(tokenType: "organization"),
    ]
    /// Organizations that know an issuer; the others answer `invalid_grant`.
    package var organizations = ["acme"]
    /// URLs of the issuers that are trusted.
    package var issuers = [IdentityClaims.gitHubIssuer, IdentityClaims.gitLabIssuer]
    /// Seconds, when the request names none.
    package var defaultExpiration: Int64 = 7200
    /// Seconds; a longer one is cut, or refused with `rejectsLongExpiration`.
    package var longestExpiration: Int64 = 90_000
    package var rejectsLongExpiration = false
    /// An identity token (its `jti`) is good for one exchange.
    package var rejectsReusedTokens = false
    /// As documented (`token`) or as seen in tests of others (`Bearer`).
    package var tokenType = "token"
    /// Exchanged tokens show up in their user's list.
    package var tokensAreListed = false

    package init() {}
}

/// A rule for identity tokens.
package struct Policy: Codable, Equatable, Sendable {
    /// `allow` or `deny`; deny wins.
    package var decision: String
    /// `personal`, `team` or `organization`.
    package var tokenType: String
    /// The login or the team; `*` for any.
    package var subject: String
    /// Claims that must match, `*` standing for anything.
    package var claims: [String: String]

    package init(
        decision: String = "allow",
        tokenType: String,
        subject: String = "*",
        claims: [String: String] = [:]
    ) {
        (self.decision, self.tokenType, self.subject, self.claims) = (decision, tokenType, subject, claims)
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            decision: try members.decodeIfPresent(String.self, forKey: .decision) ?? "allow",
            tokenType: try members.decode(String.self, forKey: .tokenType),
            subject: try members.decodeIfPresent(String.self, forKey: .subject) ?? "*",
            claims: try members.decodeIfPresent([String: String].self, forKey: .claims) ?? [:]
        )
    }
}
