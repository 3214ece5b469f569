internal import HTTPTransport
internal import JSON
internal import Secrets

extension PulumiCloud {
    /// Mints: `POST` to the tokens of the kind, such as `/api/user/tokens`.
    ///
    /// The API has no idempotency key: an error whose `mayHaveActed` is true can leave a token behind, which only the
    /// list of tokens shows.
    package func createToken(_ token: NewToken) throws(CloudError) -> MintedToken {
        guard token.expires > 0 else { throw .withoutExpiry }
        let response = try send(request(for: token), to: .mint, token.kind)
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

    /// Connects for a mint that comes soon, beside whatever the caller does meanwhile; nothing of it is sent.
    package func connect(for token: NewToken) {
        connection.connect(for: request(for: token))
    }

    private func request(for token: NewToken) -> HTTPRequest {
        let query = token.reason.map { [("reason", $0)] } ?? []
        return request("POST", token.kind.path, query: query, body: .secret(token.body))
    }

    /// Mints a personal token.
    ///
    /// - Parameter expires: Unix time, seconds.
    package func createToken(
        description: String,
        expires: Int64,
        reason: String?
    ) throws(CloudError) -> MintedToken {
        try createToken(NewToken(description: description, expires: expires, reason: reason))
    }

    /// Whether a value can be put into a header, a variable and a line of a file.
    static func isPlausible(_ value: Secret) -> Bool {
        (1...4096).contains(value.count) && value.reveal { $0.allSatisfy { (0x21...0x7e).contains($0) } }
    }
}

extension CloudError {
    /// A token without an expiry outlives every job, so none is asked for.
    fileprivate static let withoutExpiry = CloudError.transport(
        TransportError(.other, requestMayHaveArrived: false, detail: "the token would never expire")
    )
}
