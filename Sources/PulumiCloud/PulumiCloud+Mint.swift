internal import HTTPTransport
internal import Redaction

extension PulumiCloud {
    /// Mints: `POST /api/user/tokens`.
    ///
    /// The API has no idempotency key: an error whose `mayHaveActed` is true can leave a token behind, which only the
    /// list of tokens shows.
    ///
    /// - Parameters:
    ///   - expires: Unix time, seconds. Never 0, which the API takes for "never".
    ///   - reason: for the cloud's own records.
    package func createToken(
        description: String,
        expires: Int64,
        reason: String?
    ) throws(CloudError) -> MintedToken {
        precondition(expires > 0, "a token without an expiry outlives every job")
        let response = try send(
            request(
                "POST",
                ["api", "user", "tokens"],
                query: reason.map { [("reason", $0)] } ?? [],
                body: .plain(jsonObject([("description", .text(description)), ("expires", .number(expires))]))
            )
        )
        guard let reply = response.decoded(as: MintReply.self) else {
            throw response.unreadable("it is not the JSON of a new token")
        }
        let id = reply.id?.value.flatMap(TokenID.init(rawValue:))
        guard let id else { throw response.unreadable("it has no usable id") }
        guard let value = reply.tokenValue?.value, Self.isPlausible(value) else {
            throw response.unreadable("it has no usable tokenValue", tokenID: id)
        }
        return MintedToken(id: id, value: Secret(value), serverTime: response.serverTime)
    }

    /// Whether a value can be put into a header, a variable and a line of a file.
    static func isPlausible(_ value: String) -> Bool {
        (1...4096).contains(value.utf8.count) && value.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}

private struct MintReply: Decodable {
    var id: Lenient<String>?
    var tokenValue: Lenient<String>?
}
