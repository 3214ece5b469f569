extension CloudState {
    /// Answers `GET /api/user/tokens`, and the same of an organization or a team.
    mutating func listTokens(_ request: Request, in place: TokenPlace) throws(Refusal) -> Reply {
        let caller = tokens[try authenticate(request)]
        try check(caller, may: "list", in: place)
        let owner = place.owner(seenBy: caller)
        guard configuration.paging else {
            return everyToken(of: owner, in: place, containing: request.queryValue("filter"))
        }
        let limit = try pageSize(request)
        let isListed = try filter(request)
        let positions = tokens.indices(ofOwner: owner)
        var next = try start(request, in: positions)
        var page: [EmulatedToken] = []
        while positions.indices.contains(next), page.count < limit {
            let token = tokens[positions[next]]
            if isListed(token), place.holds(token) { page.append(token) }
            next += configuration.newestFirst ? -1 : 1
        }
        var body = JSONText()
        body.object {
            $0.member("tokens", array: page) { write($1, of: place.type, into: &$0) }
            if positions.indices.contains(next) { $0.member("continuationToken", continuation(at: next)) }
        }
        return .json(body)
    }

    private func pageSize(_ request: Request) throws(Refusal) -> Int {
        guard let text = request.queryValue("maxResults") else { return 100 }
        guard let count = Int(text), (1...1000).contains(count) else {
            throw Refusal(reply: .error(400, "Bad Request: invalid maxResults"))
        }
        return count
    }

    private func filter(_ request: Request) throws(Refusal) -> (EmulatedToken) -> Bool {
        let now = clock.seconds
        let isInList = { [listsExchanged = configuration.exchange.tokensAreListed] (token: EmulatedToken) in
            token.revoked == 0 && (token.kind != .exchanged || listsExchanged)
        }
        switch request.queryValue("filter") ?? "active" {
        case "active", "": return { isInList($0) && !$0.isExpired(at: now) }
        case "expired": return { isInList($0) && $0.isExpired(at: now) }
        case "all": return isInList
        default: throw Refusal(reply: .error(400, "Bad Request: invalid filter"))
        }
    }

    /// Opaque to clients, and bound to this server; holds the place of the next token among the owner's.
    private func continuation(at place: Int) -> String {
        "page-\(identityRequestToken.prefix(8))-\(place)"
    }

    private func start(_ request: Request, in positions: [Int]) throws(Refusal) -> Int {
        guard let text = request.queryValue("continuationToken"), !text.isEmpty else {
            return configuration.newestFirst ? positions.count - 1 : 0
        }
        guard let place = text.split(separator: "-").last.flatMap({ Int($0) }), continuation(at: place) == text,
            positions.indices.contains(place)
        else { throw Refusal(reply: .error(400, "Bad Request: invalid continuationToken")) }
        return place
    }

    /// The list of servers before 2026, where `filter` searches in descriptions.
    private func everyToken(of owner: String, in place: TokenPlace, containing text: String?) -> Reply {
        let listed = tokens.indices(ofOwner: owner).map { tokens[$0] }.filter { token in
            guard token.isLive(at: clock.seconds), token.kind != .exchanged, place.holds(token) else { return false }
            guard let text, !text.isEmpty else { return true }
            return token.description.contains(text)
        }
        var body = JSONText()
        body.object {
            $0.member("tokens", array: configuration.newestFirst ? listed.reversed() : listed) {
                write($1, of: place.type, into: &$0)
            }
        }
        return .json(body)
    }

    private func write(_ token: EmulatedToken, of type: String, into text: inout JSONText) {
        text.object {
            $0.member("id", token.id)
            $0.member("name", token.name.isEmpty ? token.id : token.name)
            $0.member("description", token.description)
            $0.member("created", isoDate(token.created))
            $0.member("lastUsed", token.lastUsed)
            $0.member("expires", token.expires)
            $0.member("admin", token.isAdmin)
            $0.member("createdBy", token.createdBy.isEmpty ? token.owner : token.createdBy)
            if configuration.paging { $0.member("type", type) }
            guard !token.role.isEmpty else { return }
            $0.member(
                "role",
                object: {
                    $0.member("id", token.role)
                    $0.member("name", token.role)
                    $0.member("defaultIdentifier", "member")
                }
            )
        }
    }
}
