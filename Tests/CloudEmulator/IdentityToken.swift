internal import FoundationEssentials

/// An identity token to be issued, as a CI system or a test wants it.
package struct IdentityTokenRequest: Codable, Equatable, Sendable {
    /// `github`, `gitlab`, or a URL.
    package var issuer: String
    /// One audience, or an array of them.
    package var audience: JSONValue
    package var subject: String
    /// Seconds from the server's present; negative for a token that has expired.
    package var lifetime: Int64
    /// `ES256` or `RS256`.
    package var algorithm: String
    /// Put over the standard claims; null removes one.
    package var claims: [String: JSONValue]
    /// Signed with a key that the issuer never published.
    package var isForged: Bool

    package init(
        issuer: String = "gitlab",
        audience: String,
        subject: String = "project_path:acme/app:ref_type:branch:ref:main",
        lifetime: Int64 = 3600,
        algorithm: String = "ES256",
        claims: [String: JSONValue] = [:],
        isForged: Bool = false
    ) {
        (self.issuer, self.audience, self.subject) = (issuer, .string(audience), subject)
        (self.lifetime, self.algorithm, self.claims, self.isForged) = (lifetime, algorithm, claims, isForged)
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(audience: "")
        audience = try members.decode(JSONValue.self, forKey: .audience)
        issuer = try members.decodeIfPresent(String.self, forKey: .issuer) ?? issuer
        subject = try members.decodeIfPresent(String.self, forKey: .subject) ?? subject
        lifetime = try members.decodeIfPresent(Int64.self, forKey: .lifetime) ?? lifetime
        algorithm = try members.decodeIfPresent(String.self, forKey: .algorithm) ?? algorithm
        claims = try members.decodeIfPresent([String: JSONValue].self, forKey: .claims) ?? claims
        isForged = try members.decodeIfPresent(Bool.self, forKey: .isForged) ?? isForged
    }

    fileprivate var issuerURL: String {
        switch issuer {
        case "github": IdentityClaims.gitHubIssuer
        case "gitlab": IdentityClaims.gitLabIssuer
        default: issuer
        }
    }
}

extension CloudState {
    /// A signed token, as JSON Web Token.
    mutating func issueIdentityToken(_ wanted: IdentityTokenRequest) throws(EmulatorError) -> String {
        guard let algorithm = SigningKey.Algorithm(rawValue: wanted.algorithm) else {
            throw .invalid("unknown algorithm \(wanted.algorithm)")
        }
        let published = try identities.key(of: wanted.issuerURL, algorithm)
        let key = wanted.isForged ? try SigningKey(issuer: wanted.issuerURL, algorithm: algorithm) : published
        let header: [String: JSONValue] = [
            "alg": .string(algorithm.rawValue), "typ": .string("JWT"), "kid": .string(published.id),
        ]
        guard let head = try? jsonBytes(header), let payload = try? jsonBytes(claims(of: wanted)) else {
            throw .invalid("claims that are no JSON")
        }
        let message = base64URL(head) + "." + base64URL(payload)
        return message + "." + base64URL(try key.signature(of: Array(message.utf8)))
    }

    private func claims(of wanted: IdentityTokenRequest) -> [String: JSONValue] {
        let now = clock.seconds
        let standard: [String: JSONValue] = [
            "iss": .string(wanted.issuerURL), "sub": .string(wanted.subject), "aud": wanted.audience,
            "jti": .string(randomUUID()), "iat": .integer(min(now, now + wanted.lifetime - 1)),
            "nbf": .integer(min(now - 5, now + wanted.lifetime - 5)), "exp": .integer(now + wanted.lifetime),
        ]
        return standard.merging(wanted.claims) { $1 }.filter { $0.value != .null }
    }

    /// `GET /oidc/github?api-version=2.0&audience=…`, what `ACTIONS_ID_TOKEN_REQUEST_URL` points to.
    mutating func identityToken(_ request: Request) throws(Refusal) -> Reply {
        guard credentialValue(request, scheme: "Bearer") == identityRequestToken else {
            throw Refusal(reply: .text("unauthorized\n", status: 401))
        }
        let settings = configuration.identity
        var wanted = IdentityTokenRequest(
            issuer: settings.issuer,
            audience: request.queryValue("audience") ?? "https://github.com/acme",
            subject: settings.subject,
            lifetime: settings.lifetime,
            algorithm: settings.algorithm
        )
        wanted.claims = settings.claims
        do throws(EmulatorError) {
            let token = try issueIdentityToken(wanted)
            var body = JSONText()
            body.object {
                $0.member("count", token.utf8.count)
                $0.member("value", token)
            }
            return .json(body)
        } catch {
            throw Refusal(reply: .text("\(error)\n", status: 500))
        }
    }
}
