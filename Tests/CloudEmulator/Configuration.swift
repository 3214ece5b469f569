/// Every switch of the emulator.
///
/// As JSON (`--config`, `--set`, `POST /_control/configure`) the members have the same names; absent ones keep their
/// value, unknown ones are errors.
package struct Configuration: Codable, Equatable, Sendable {
    /// What is wrong, or unusual, with the server's certificate.
    package enum Certificate: String, Codable, Sendable {
        case valid, expired, notYetValid, wrongHost, otherAuthority, selfSigned
        /// No subject alternative names: `localhost` as the common name is all there is.
        case commonNameOnly
    }

    package enum RetryAfter: String, Codable, Sendable {
        case seconds, date, none
    }

    // MARK: The server, at its start only

    package var certificate = Certificate.valid
    /// Names in the certificate beside `localhost`, `127.0.0.1` and `::1`.
    package var hostNames: [String] = []
    /// Where the certificate says that the list of revoked ones lies.
    package var revocationList: String?
    /// TLS 1.1 and nothing later.
    package var oldTLS = false
    /// TLS 1.2 with these ciphers and no others, in OpenSSL's words; empty for the usual ones.
    package var ciphers = ""
    /// HTTP without TLS.
    package var plainHTTP = false
    /// Whoever has a parent token from the start; and which organizations and robots exist.
    package var users = [User(login: "alice"), User(login: "bob")]
    package var machines: [Machine] = []

    // MARK: The API

    /// Before `/api`, as on a self-hosted server behind a path: `/pulumi`.
    ///
    /// `/oidc` and `/_control` have none.
    package var pathPrefix = ""
    /// The list has pages, as since 2026; otherwise it returns everything and `filter` searches for text.
    package var paging = true
    package var newestFirst = false
    /// 200 as specified or 201 as seen.
    package var createStatus = 200
    package var chunkedReplies = false
    /// How far off an expiry may be, in seconds; further is 400, as is the past.
    package var longestLifetime: Int64 = 730 * 86_400
    /// The granted lifetime is cut to this many seconds; 0 for no cut.
    package var grantedLifetime: Int64 = 0
    /// The granted expiry is rounded down to a multiple of this many seconds; 0 for none.
    package var expiryRounding: Int64 = 0
    package var tokensMayDeleteThemselves = true
    package var exchangedTokensMayMint = false
    package var machineTokensMayMint = false
    /// This many requests with a new token are answered 401.
    package var requestsBeforeAcceptance = 0
    /// All requests with a new token within this many seconds of its creation are answered 401.
    package var secondsBeforeAcceptance = 0.0
    package var rateLimit = RateLimit()
    /// So many connections at once, and further ones are reset; 0 for no limit.
    package var mostConnections = 0
    package var expiryPolicy = ExpiryPolicy()
    /// The organization for which the user must sign in by SAML again: 401 everywhere.
    ///
    /// Empty for none.
    package var samlReauthentication = ""

    package var rights = Rights()
    package var exchange = Exchange()
    package var identity = IdentityClaims()

    package init() {}

    /// So many requests in any so many seconds; beyond, 429.
    ///
    /// A `count` of 0 is no limit.
    package struct RateLimit: Codable, Equatable, Sendable {
        package var count = 0
        package var seconds = 300.0
        package var retryAfter = RetryAfter.seconds
        /// Empty for every method.
        package var method = ""
        /// A path, `*` standing for anything.
        package var path = "*"
        /// Refused requests count as well, as with a firewall.
        package var countsRefused = false
        package init() {}
    }

    /// An organization that refuses personal tokens which live longer than so many more days.
    ///
    /// Empty for none.
    package struct ExpiryPolicy: Codable, Equatable, Sendable {
        package var organization = ""
        package var days: Int64 = 14
        package init() {}
    }

    /// The configuration with the members of a JSON object put over its own.
    package func overlaid(with changes: JSONValue) throws -> Configuration {
        let merged = try JSONValue(text: try jsonBytes(self)).overlaid(with: changes)
        return try decoded(Configuration.self, from: try jsonBytes(merged))
    }
}

/// An account.
package struct User: Codable, Equatable, Sendable {
    package var login: String
    package var name: String
    package var email: String
    package var organizations: [String]
    /// The value of the parent token; random when empty.
    package var token: String

    package init(login: String, organizations: [String] = ["acme"], token: String = "") {
        self.login = login
        name = login
        email = "\(login)@example.invalid"
        self.organizations = organizations
        self.token = token
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(login: try members.decode(String.self, forKey: .login))
        name = try members.decodeIfPresent(String.self, forKey: .name) ?? name
        email = try members.decodeIfPresent(String.self, forKey: .email) ?? email
        organizations = try members.decodeIfPresent([String].self, forKey: .organizations) ?? organizations
        token = try members.decodeIfPresent(String.self, forKey: .token) ?? token
    }
}

/// A robot with an organization's or a team's token.
package struct Machine: Codable, Equatable, Sendable {
    package var name: String
    package var organization: String
    /// Empty for an organization's token.
    package var team: String
    /// Random when empty.
    package var token: String
    package var isAdmin: Bool

    package init(
        name: String,
        organization: String = "acme",
        team: String = "",
        token: String = "",
        isAdmin: Bool = false
    ) {
        (self.name, self.organization, self.team, self.token) = (name, organization, team, token)
        self.isAdmin = isAdmin
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try members.decode(String.self, forKey: .name),
            organization: try members.decodeIfPresent(String.self, forKey: .organization) ?? "acme",
            team: try members.decodeIfPresent(String.self, forKey: .team) ?? "",
            token: try members.decodeIfPresent(String.self, forKey: .token) ?? "",
            isAdmin: try members.decodeIfPresent(Bool.self, forKey: .isAdmin) ?? false
        )
    }
}
