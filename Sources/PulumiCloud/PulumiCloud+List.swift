internal import HTTPTransport
internal import JSON

extension PulumiCloud {
    /// One page of the active tokens of a kind: `GET` of, for instance, `/api/user/tokens`.
    ///
    /// No filter is sent: older servers take it for a text search. They do not page either, and may answer with
    /// everything at once.
    ///
    /// - Parameter continuation: of the page before; nil for the first one.
    package func tokens(
        of kind: TokenKind = .personal,
        after continuation: String?
    ) throws(CloudError) -> TokenPage {
        var request = request(
            "GET",
            kind.path,
            query: [("maxResults", "1000")] + (continuation.map { [("continuationToken", $0)] } ?? [])
        )
        request.replyLimit = CloudConnection.listLimit
        let response = try send(request, to: .list, kind)
        let reply = response.object
        let continuation = reply?["continuationToken"]
        let text = continuation?.string(cutTo: Self.longestContinuation + 1)
        guard let tokens = ListedToken.all(in: reply?["tokens"]), continuation?.isNull != false || text != nil,
            (text?.utf8.count ?? 0) <= Self.longestContinuation
        else { throw response.unreadable("it is not the JSON of a list of tokens") }
        return TokenPage(
            tokens: tokens,
            continuation: text.flatMap { $0.isEmpty ? nil : $0 },
            serverTime: response.serverTime
        )
    }
}

extension PulumiCloud {
    /// The longest that goes into a URL, in bytes.
    private static let longestContinuation = 4096
}

extension ListedToken {
    /// What is read of a text, in bytes: a description has no bound in the API, but nothing needs more of it.
    private static let longestText = 1000

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
        let text = { (name: String) in node[name]?.string(cutTo: Self.longestText) }
        guard let id = text("id").flatMap(TokenID.init(rawValue:)) else { return nil }
        self.init(
            id: id,
            name: text("name") ?? "",
            description: text("description") ?? "",
            created: text("created").flatMap { $0.isEmpty ? nil : $0 },
            lastUsed: node["lastUsed"]?.moment,
            expires: node["expires"]?.moment
        )
    }
}
