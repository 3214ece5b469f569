internal import HTTPTransport
internal import JSON
internal import Secrets

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
        let body = JSONText.object { body in
            body.member("description", description)
            body.member("expires", expires)
        }
        let query = reason.map { [("reason", $0)] } ?? []
        let response = try send(request("POST", ["api", "user", "tokens"], query: query, body: .secret(body)))
        guard let reply = response.object else {
            throw response.unreadable("it is not the JSON of a new token")
        }
        let id = reply["id"]?.string.flatMap(TokenID.init(rawValue:))
        guard let id else { throw response.unreadable("it has no usable id") }
        guard let value = reply["tokenValue"]?.secret, Self.isPlausible(value) else {
            throw response.unreadable("it has no usable tokenValue", tokenID: id)
        }
        return MintedToken(id: id, value: value, serverTime: response.serverTime)
    }

    /// Whether a value can be put into a header, a variable and a line of a file.
    static func isPlausible(_ value: Secret) -> Bool {
        (1...4096).contains(value.count) && value.reveal { $0.allSatisfy { (0x21...0x7e).contains($0) } }
    }
}
