internal import FoundationEssentials

/// The body of `POST /api/user/tokens`; without `expires` the token never expires.
private struct CreateTokenRequest: Decodable {
    var description: String
    var expires: Int64?
}

extension CloudState {
    /// Answers `POST /api/user/tokens[?reason=]`.
    mutating func createToken(_ request: Request) throws(Refusal) -> Reply {
        let creator = tokens[try authenticate(request)]
        try checkMayMint(creator)
        guard request.mediaType == "application/json" else { throw Refusal(reply: .error(415, "expected JSON")) }
        guard let wanted = try? JSONDecoder().decode(CreateTokenRequest.self, from: Data(request.body)) else {
            throw Refusal(reply: .error(400, "Bad Request: invalid request body"))
        }
        var token = newToken(
            .minted,
            owner: creator.owner,
            description: wanted.description,
            expires: try grantedExpiry(wanted.expires ?? 0)
        )
        token.reason = request.queryValue("reason") ?? ""
        tokens.add(token)
        var body = JSONText()
        body.object {
            $0.member("id", token.id)
            $0.member("tokenValue", token.value)
        }
        return .json(body, status: configuration.createStatus)
    }

    private func checkMayMint(_ creator: EmulatedToken) throws(Refusal) {
        if creator.kind == .machine, !configuration.machineTokensMayMint {
            throw Refusal(reply: .error(403, "Forbidden: organization and team tokens cannot create personal tokens"))
        }
        if creator.kind == .exchanged, !configuration.exchangedTokensMayMint {
            throw Refusal(reply: .error(403, "Forbidden: this token cannot create personal access tokens"))
        }
        let policy = configuration.expiryPolicy
        guard !policy.organization.isEmpty, creator.kind == .parent || creator.kind == .minted else { return }
        guard creator.expires == 0 || creator.expires - clock.seconds > policy.days * 86_400 else { return }
        throw Refusal(
            reply: .error(
                403,
                "The `\(policy.organization)` organization enforces a max access token expiry of `\(policy.days)` days"
                    + " that your current token does not meet. Please generate a new token with a TTL meeting your"
                    + " org's threshold to perform this request."
            )
        )
    }

    private func grantedExpiry(_ wanted: Int64) throws(Refusal) -> Int64 {
        guard wanted != 0 else { return 0 }
        guard wanted > clock.seconds, wanted - clock.seconds <= configuration.longestLifetime else {
            throw Refusal(reply: .error(400, "Bad Request: expires must be in the future, up to two years from now"))
        }
        var granted = wanted
        if configuration.grantedLifetime > 0 { granted = min(granted, clock.seconds + configuration.grantedLifetime) }
        if configuration.expiryRounding > 0 { granted -= granted % configuration.expiryRounding }
        return granted
    }

    /// Answers `DELETE /api/user/tokens/{id}`.
    mutating func deleteToken(_ id: String, _ request: Request) throws(Refusal) -> Reply {
        let caller = tokens[try authenticate(request)]
        guard let index = tokens.index(ofID: id), tokens[index].owner == caller.owner, tokens[index].revoked == 0,
            tokens[index].kind == .minted || tokens[index].kind == .parent
        else { throw Refusal(reply: .error(404, "token not found")) }
        if id == caller.id, !configuration.tokensMayDeleteThemselves {
            throw Refusal(reply: .error(403, "Forbidden: a token cannot delete itself"))
        }
        tokens[index].revoked = clock.seconds
        return Reply(status: 204)
    }
}
