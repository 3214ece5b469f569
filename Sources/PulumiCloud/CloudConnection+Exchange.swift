internal import HTTPTransport
internal import JSON
package import Secrets

/// What is asked for when an identity token is exchanged for an access token.
package struct TokenExchange: Sendable, Equatable {
    /// Whose access token it is to be.
    package enum TokenType: Sendable, Equatable {
        /// A user's, by login.
        case personal(user: String)
        case team(String)
        case organization
        /// That of a pool of runners, which the scope names.
        case runner
    }

    package var organization: String
    package var type: TokenType
    /// The lifetime that is asked for, in seconds from now; the cloud may grant less.
    package var expiration: Int64
    /// What is sent in the place of the type's own scope.
    package var givenScope: String?

    package init(organization: String, type: TokenType, expiration: Int64, scope: String? = nil) {
        self.organization = organization
        self.type = type
        self.expiration = expiration
        givenScope = scope
    }

    /// Whom the identity token has to be meant for.
    package var audience: String { Self.audience(of: organization) }

    package static func audience(of organization: String) -> String { "urn:pulumi:org:\(organization)" }

    var requestedTokenType: String {
        let type =
            switch type {
            case .personal: "personal"
            case .team: "team"
            case .organization: "organization"
            case .runner: "runner"
            }
        return "urn:pulumi:token-type:access_token:\(type)"
    }

    var scope: String? {
        if let givenScope { return givenScope }
        return switch type {
        case .personal(let user): "user:\(user)"
        case .team(let name): "team:\(name)"
        case .organization, .runner: nil
        }
    }
}

/// An access token that came from an exchange: it has no id, so nobody can revoke it.
package struct ExchangedToken: Sendable, Equatable {
    package var value: Secret
    /// The lifetime that was granted, in seconds from the reply; nil when the cloud did not say.
    package var expiresIn: Int64?
    /// Unix time, seconds, at which the server answered; nil without a `Date` field.
    package var serverTime: Int64?

    package init(value: Secret, expiresIn: Int64? = nil, serverTime: Int64? = nil) {
        self.value = value
        self.expiresIn = expiresIn
        self.serverTime = serverTime
    }
}

extension CloudConnection {
    /// Exchanges an identity token for an access token (RFC 8693): `POST /api/oauth/token`.
    ///
    /// Sent as JSON: the cloud takes forms as well, but JSON is what its published contract names and what Pulumi's
    /// own action for GitHub sends.
    package func exchange(
        _ identityToken: Secret,
        for exchange: TokenExchange
    ) throws(CloudError) -> ExchangedToken {
        let body = exchange.body(with: identityToken)
        let request = request("POST", ["api", "oauth", "token"], credential: nil, body: .secret(body))
        let response = try send(request, hiding: [identityToken])
        guard let reply = response.object else {
            throw response.unreadable("it is not the JSON of an exchanged token")
        }
        guard let value = reply["access_token"]?.secret, PulumiCloud.isPlausible(value) else {
            throw response.unreadable("it has no usable access_token")
        }
        // A century is as good as more, and no sum with it overflows.
        let lifetime = reply["expires_in"]?.moment.map { min($0, 100 * 365 * 86400) }
        return ExchangedToken(value: value, expiresIn: lifetime, serverTime: response.serverTime)
    }
}

extension TokenExchange {
    fileprivate func body(with identityToken: Secret) -> Secret {
        JSONText.object { body in
            body.member("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
            body.member("audience", audience)
            body.member("requested_token_type", requestedTokenType)
            body.member("scope", scope)
            body.member("expiration", expiration)
            body.member("subject_token_type", "urn:ietf:params:oauth:token-type:id_token")
            body.member("subject_token", identityToken)
        }
    }
}
