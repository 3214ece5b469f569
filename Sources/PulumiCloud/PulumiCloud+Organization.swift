internal import HTTPTransport
internal import JSON

/// What an organization allows, as far as tokens need to know.
package struct OrganizationMetadata: Sendable, Equatable {
    /// The most days that an access token used in the organization may have left; nil without such a rule.
    package var longestTokenDays: Int64?
    /// Whether the edition has organization tokens; nil when the cloud does not say.
    package var hasOrganizationTokens: Bool?
    /// Whether the edition has teams; nil when the cloud does not say.
    package var hasTeams: Bool?
    /// The edition, such as `enterprise` or `team-starter`; nil when the cloud does not say.
    package var product: String?
    /// Unix time, seconds, at which the server answered; nil without a usable `Date` field.
    package var serverTime: Int64?

    package init(
        longestTokenDays: Int64? = nil,
        hasOrganizationTokens: Bool? = nil,
        hasTeams: Bool? = nil,
        product: String? = nil,
        serverTime: Int64? = nil
    ) {
        self.longestTokenDays = longestTokenDays
        self.hasOrganizationTokens = hasOrganizationTokens
        self.hasTeams = hasTeams
        self.product = product
        self.serverTime = serverTime
    }
}

extension OrganizationMetadata {
    /// The longest life that a token may have here, in seconds; nil without such a rule.
    package var longestLife: Int64? { longestTokenDays.map { $0 * 86400 } }

    /// Why a token must not live so many seconds; nil when it may.
    package func refusal(of seconds: Int64) -> TokenRefusal? {
        guard let longestTokenDays, let longestLife, seconds > longestLife else { return nil }
        return .beyondCap(days: longestTokenDays)
    }

    /// Whether tokens of a kind exist here; nil when the cloud does not say.
    package func has(_ kind: TokenKind) -> Bool? {
        switch kind {
        case .personal: true
        case .team: hasTeams
        case .organization: hasOrganizationTokens
        }
    }
}

extension PulumiCloud {
    /// What an organization allows: `GET /api/orgs/{org}/metadata`.
    package func metadata(of organization: String) throws(CloudError) -> OrganizationMetadata {
        let response = try send(request("GET", ["api", "orgs", organization, "metadata"]))
        guard let reply = response.object else {
            throw response.unreadable("it is not the JSON of an organization")
        }
        let features = reply["features"]
        return OrganizationMetadata(
            // The API takes up to ten years; more is as good as ten, and no product with it overflows.
            longestTokenDays: reply["maxAccessTokenExpiryDays"]?.moment.map { min($0, 3650) },
            hasOrganizationTokens: features?["machineTokensEnabled"]?.bool,
            hasTeams: features?["teamsEnabled"]?.bool,
            product: reply["product"]?.string.map { oneLine($0) },
            serverTime: response.serverTime
        )
    }
}
