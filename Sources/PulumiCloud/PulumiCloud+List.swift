internal import HTTPTransport
internal import JSON

extension PulumiCloud {
    /// One page of the user's active tokens: `GET /api/user/tokens`.
    ///
    /// No filter is sent: older servers take it for a text search. They do not page either, and may answer with
    /// everything at once.
    ///
    /// - Parameter continuation: of the page before; nil for the first one.
    package func tokens(after continuation: String?) throws(CloudError) -> TokenPage {
        var request = request(
            "GET",
            ["api", "user", "tokens"],
            query: [("maxResults", "1000")] + (continuation.map { [("continuationToken", $0)] } ?? [])
        )
        request.replyLimit = CloudConnection.listLimit
        let response = try send(request)
        let reply = response.object
        let continuation = reply?["continuationToken"]
        guard let tokens = ListedToken.all(in: reply?["tokens"]),
            continuation.map({ $0.isNull || $0.string != nil }) ?? true
        else { throw response.unreadable("it is not the JSON of a list of tokens") }
        return TokenPage(
            tokens: tokens,
            continuation: continuation?.string.flatMap { $0.isEmpty ? nil : $0 },
            serverTime: response.serverTime
        )
    }
}

extension ListedToken {
    /// A list that cannot be understood whole is not understood at all: what it hides may be a live token.
    ///
    /// - Parameter node: an array; a server written in Go may write an empty one as null, but never leaves it out.
    fileprivate static func all(in node: JSONNode?) -> [ListedToken]? {
        guard let node else { return nil }
        if node.isNull { return [] }
        guard let elements = node.elements else { return nil }
        var tokens: [ListedToken] = []
        for element in elements {
            guard let token = ListedToken(element) else { return nil }
            tokens.append(token)
        }
        return tokens
    }

    /// Everything but the id is optional, because servers differ.
    private init?(_ node: JSONNode) {
        guard let id = node["id"]?.string.flatMap(TokenID.init(rawValue:)) else { return nil }
        self.init(
            id: id,
            name: node["name"]?.string ?? "",
            description: node["description"]?.string ?? "",
            created: node["created"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            lastUsed: node["lastUsed"]?.moment,
            expires: node["expires"]?.moment
        )
    }
}
