/// What a client asks of the token exchange (RFC 8693), checked for its shape.
private struct ExchangeRequest {
    enum Kind: String {
        case personal, team, organization
    }

    var kind: Kind
    var organization: String
    /// The login or the team; empty for an organization.
    var subject: String
    var subjectToken: String
    var scope: String
    /// Seconds.
    var expiration: Int64?

    init(_ members: [String: JSONValue]) throws(Refusal) {
        func text(_ name: String) throws(Refusal) -> String {
            guard let value = members[name]?.text, !value.isEmpty else {
                throw Refusal(reply: .oauthError("invalid_request", "\(name) is missing"))
            }
            return value
        }
        guard try text("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange" else {
            throw Refusal(reply: .oauthError("unsupported_grant_type", "only token exchange is supported"))
        }
        guard try text("subject_token_type") == "urn:ietf:params:oauth:token-type:id_token" else {
            throw Refusal(reply: .oauthError("invalid_request", "subject_token_type is not supported"))
        }
        subjectToken = try text("subject_token")
        organization = try text("audience").after("urn:pulumi:org:", or: "audience")
        let type = try text("requested_token_type").after(Self.typePrefix, or: "requested_token_type")
        guard let kind = Kind(rawValue: type) else {
            throw Refusal(reply: .oauthError("invalid_request", "requested_token_type is not supported"))
        }
        self.kind = kind
        scope = members["scope"]?.text ?? ""
        switch kind {
        case .personal: subject = try scope.after("user:", or: "scope")
        case .team: subject = try scope.after("team:", or: "scope")
        case .organization:
            guard scope.isEmpty || scope == "admin" else {
                throw Refusal(reply: .oauthError("invalid_scope", "an organization token has no scope but admin"))
            }
            subject = ""
        }
        expiration = try Self.expiration(members["expiration"])
    }

    static let typePrefix = "urn:pulumi:token-type:access_token:"

    private static func expiration(_ value: JSONValue?) throws(Refusal) -> Int64? {
        guard let value else { return nil }
        guard let seconds = value.wholeNumber, seconds > 0 else {
            throw Refusal(reply: .oauthError("invalid_request", "expiration is not a number of seconds"))
        }
        return seconds
    }
}

extension CloudState {
    /// Answers `POST /api/oauth/token`.
    mutating func exchangeToken(_ request: Request) throws(Refusal) -> Reply {
        let wanted = try ExchangeRequest(try exchangeMembers(request))
        try checkIdentity(for: wanted)
        let settings = configuration.exchange
        let asked = wanted.expiration ?? settings.defaultExpiration
        guard asked <= settings.longestExpiration || !settings.rejectsLongExpiration else {
            throw Refusal(reply: .oauthError("invalid_request", "expiration exceeds the issuer's maximum"))
        }
        let lifetime = min(asked, settings.longestExpiration)
        let token = exchangedToken(for: wanted, lifetime: lifetime)
        tokens.add(token)
        var body = JSONText()
        body.object {
            $0.member("access_token", token.value)
            $0.member("issued_token_type", ExchangeRequest.typePrefix + wanted.kind.rawValue)
            $0.member("token_type", settings.tokenType)
            $0.member("expires_in", lifetime)
            $0.member("scope", wanted.scope)
            $0.member("refresh_token", "")
        }
        return .json(body)
    }

    /// The members of a JSON or a form body; a form's `expiration` becomes a number.
    private func exchangeMembers(_ request: Request) throws(Refusal) -> [String: JSONValue] {
        switch request.mediaType {
        case "application/json":
            guard case .object(let members)? = try? JSONValue(text: request.body) else { break }
            return members
        case "application/x-www-form-urlencoded":
            let members = formMembers(String(decoding: request.body, as: UTF8.self)).map { name, value in
                (name, name == "expiration" ? Int64(value).map(JSONValue.integer) ?? .string(value) : .string(value))
            }
            return Dictionary(members) { first, _ in first }
        default: break
        }
        throw Refusal(reply: .oauthError("invalid_request", "the body is neither JSON nor a form"))
    }

    private mutating func checkIdentity(for wanted: ExchangeRequest) throws(Refusal) {
        let settings = configuration.exchange
        let identity: CheckedIdentity
        do throws(CheckedIdentity.Rejection) {
            identity = try CheckedIdentity(wanted.subjectToken, in: self)
        } catch {
            throw Refusal(reply: .oauthError("invalid_grant", error.reason))
        }
        guard settings.organizations.contains(wanted.organization),
            identity.isMeant(for: "urn:pulumi:org:\(wanted.organization)")
        else { throw Refusal(reply: .oauthError("invalid_grant", "the audience of the subject token does not match")) }
        if settings.rejectsReusedTokens, let id = identity.id, !usedIdentities.insert(id).inserted {
            throw Refusal(reply: .oauthError("invalid_grant", "the subject token was used before"))
        }
        guard wanted.kind != .personal || isMember(wanted.subject, of: wanted.organization) else {
            throw Refusal(reply: .oauthError("invalid_grant", "no such user in the organization"))
        }
        let fitting = settings.policies.filter {
            $0.tokenType == wanted.kind.rawValue && glob($0.subject, matches: wanted.subject)
                && identity.satisfies($0)
        }
        guard fitting.contains(where: { $0.decision == "allow" }), fitting.allSatisfy({ $0.decision == "allow" }) else {
            throw Refusal(reply: .oauthError("invalid_grant", "no authorization policy allows this token"))
        }
    }

    private func isMember(_ login: String, of organization: String) -> Bool {
        configuration.users.contains { $0.login == login && $0.organizations.contains(organization) }
    }

    private func exchangedToken(for wanted: ExchangeRequest, lifetime: Int64) -> EmulatedToken {
        let owner: String
        switch wanted.kind {
        case .personal: owner = wanted.subject
        case .team: owner = "\(wanted.organization)/\(wanted.subject)"
        case .organization: owner = wanted.organization
        }
        var token = newToken(.exchanged, owner: owner)
        token.expires = token.created + lifetime
        token.organization = wanted.organization
        token.team = wanted.kind == .team ? wanted.subject : ""
        token.isRobot = wanted.kind != .personal
        return token
    }
}

extension Reply {
    /// An error in the shape of RFC 6749 5.2.
    fileprivate static func oauthError(_ error: String, _ description: String, status: Int = 400) -> Reply {
        var body = JSONText()
        body.object {
            $0.member("error", error)
            $0.member("error_description", description)
        }
        return .json(body, status: status)
    }
}

extension String {
    /// What follows a prefix that must be there.
    fileprivate func after(_ prefix: String, or name: String) throws(Refusal) -> String {
        guard hasPrefix(prefix), count > prefix.count else {
            throw Refusal(
                reply: .oauthError(name == "scope" ? "invalid_scope" : "invalid_request", "\(name) is invalid")
            )
        }
        return String(dropFirst(prefix.count))
    }
}
