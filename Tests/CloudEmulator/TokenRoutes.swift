internal import FoundationEssentials

/// The body of a creation; without `expires` a personal token never expires.
private struct CreateTokenRequest: Decodable {
    var description: String
    var expires: Int64?
    // Of organizations and teams.
    var name: String?
    var admin: Bool?
    var roleID: String?
}

extension CloudState {
    /// Answers `POST /api/user/tokens[?reason=]`, and the same of an organization or a team.
    mutating func createToken(_ request: Request, in place: TokenPlace) throws(Refusal) -> Reply {
        let creator = tokens[try authenticate(request)]
        if place.isPersonal { try checkMayMint(creator) }
        try check(creator, may: "create", in: place)
        guard request.mediaType == "application/json" else { throw Refusal(reply: .error(415, "expected JSON")) }
        guard let wanted = try? JSONDecoder().decode(CreateTokenRequest.self, from: Data(request.body)) else {
            throw Refusal(reply: .error(400, "Bad Request: invalid request body"))
        }
        var token = newToken(
            .minted,
            owner: place.owner(seenBy: creator),
            description: wanted.description,
            expires: try grantedExpiry(wanted.expires ?? 0)
        )
        token.reason = request.queryValue("reason") ?? ""
        if !place.isPersonal { try complete(&token, as: wanted, in: place, by: creator) }
        tokens.add(token)
        var body = JSONText()
        body.object {
            $0.member("id", token.id)
            $0.member("tokenValue", token.value)
        }
        return .json(body, status: configuration.createStatus)
    }

    /// What organizations and teams ask for beyond what users do.
    private func complete(
        _ token: inout EmulatedToken,
        as wanted: CreateTokenRequest,
        in place: TokenPlace,
        by creator: EmulatedToken
    ) throws(Refusal) {
        guard let name = wanted.name, wanted.expires != nil, !place.team.isEmpty || wanted.admin != nil else {
            throw Refusal(reply: .error(400, "Bad Request: invalid request body"))
        }
        try check(name, in: place.organization)
        let rights = configuration.rights
        let cap = rights.longestTokenDays * 86_400
        guard cap == 0 || token.expires != 0 && token.expires - clock.seconds <= cap else {
            throw Refusal(
                reply: .error(400, "Bad Request: the organization's max access token expiry is \(cap / 86_400) days")
            )
        }
        if let role = wanted.roleID, place.team.isEmpty {
            guard rights.roles.isEmpty || rights.roles.contains(role) else {
                throw Refusal(reply: .error(404, "Not Found: role not found"))
            }
            token.role = role
        }
        token.name = name
        token.isAdmin = place.team.isEmpty && wanted.admin == true
        (token.organization, token.team, token.isRobot) = (place.organization, place.team, true)
        token.createdBy = creator.owner
    }

    /// Unique in the organization, deleted tokens included.
    private func check(_ name: String, in organization: String) throws(Refusal) {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || "-_".utf8.contains(byte)
        }
        guard isPlain, !name.isEmpty else {
            let rule = "Token name may only contain alphanumeric, hyphens, or underscores"
            throw Refusal(reply: .error(400, "Bad Request: \(rule)"))
        }
        guard name.count <= 40 else {
            throw Refusal(reply: .error(400, "Bad Request: Token name cannot exceed 40 characters"))
        }
        guard !tokens.hasName(name, in: organization) else {
            throw Refusal(reply: .error(409, "Conflict: token name already exists"))
        }
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

    /// Answers `DELETE /api/user/tokens/{id}`, and the same of an organization or a team.
    mutating func deleteToken(_ id: String, from place: TokenPlace, _ request: Request) throws(Refusal) -> Reply {
        let caller = tokens[try authenticate(request)]
        try check(caller, may: "delete", in: place)
        guard let index = tokens.index(ofID: id), tokens[index].revoked == 0,
            tokens[index].kind == .minted || tokens[index].kind == .parent
        else { throw Refusal(reply: .error(404, "token not found")) }
        let token = tokens[index]
        if !place.team.isEmpty, token.isRobot, token.organization == place.organization, token.team.isEmpty {
            throw Refusal(reply: .error(400, "Bad Request: the requested token is not a team token"))
        }
        guard token.owner == place.owner(seenBy: caller), place.holds(token) else {
            throw Refusal(reply: .error(404, "token not found"))
        }
        if id == caller.id, !configuration.tokensMayDeleteThemselves {
            throw Refusal(reply: .error(403, "Forbidden: a token cannot delete itself"))
        }
        tokens[index].revoked = clock.seconds
        tokens[index].deletionReason = request.queryValue("reason") ?? ""
        return Reply(status: 204)
    }
}
