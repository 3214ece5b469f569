internal import HTTPTransport

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
        guard let reply = response.decoded(as: ListReply.self) else {
            throw response.unreadable("it is not the JSON of a list of tokens")
        }
        return TokenPage(
            tokens: reply.tokens.map(\.token),
            continuation: reply.continuation,
            serverTime: response.serverTime
        )
    }
}

/// A list that cannot be understood whole is not understood at all: what it hides may be a live token.
private struct ListReply: Decodable {
    var tokens: [Entry]
    var continuation: String?

    struct Entry: Decodable {
        var id: TokenID
        var name: Lenient<String>?
        var description: Lenient<String>?
        var created: Lenient<String>?
        var lastUsed: LenientInteger?
        var expires: LenientInteger?

        var token: ListedToken {
            ListedToken(
                id: id,
                name: name?.value ?? "",
                description: description?.value ?? "",
                created: created?.value.flatMap { $0.isEmpty ? nil : $0 },
                lastUsed: lastUsed?.moment,
                expires: expires?.moment
            )
        }
    }

    enum CodingKeys: String, CodingKey {
        case tokens
        case continuation = "continuationToken"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // A server written in Go may write an empty list as null, but never leaves the member out.
        tokens = try container.decode([Entry]?.self, forKey: .tokens) ?? []
        let continuation = try container.decodeIfPresent(String.self, forKey: .continuation)
        self.continuation = continuation.flatMap { $0.isEmpty ? nil : $0 }
    }
}
