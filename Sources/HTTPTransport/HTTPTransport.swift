package import Secrets

/// One request to one server.
package struct HTTPRequest: Sendable {
    /// The largest reply that a request accepts unless it says otherwise, in bytes: 1 MiB.
    package static let defaultReplyLimit = 1 << 20

    /// The value of a header field; a secret one never appears in a trace.
    package enum FieldValue: Sendable, Equatable {
        case plain(String)
        /// Sent as the prefix and then the secret, as in `token VALUE`.
        case secret(prefix: String, Secret)
    }

    package enum Body: Sendable, Equatable {
        case plain([UInt8])
        /// A form or a JSON document that holds a credential.
        case secret(Secret)
    }

    /// `GET`, `POST` or `DELETE`.
    package var method: String
    /// Absolute, percent-encoded; never holds a secret.
    package var url: String
    package var fields: [(name: String, value: FieldValue)]
    package var body: Body?
    /// The largest reply that is read, in bytes; a larger one is `.replyTooLarge`.
    package var replyLimit: Int
    /// The most that this request may take, name look-up to last byte.
    package var timeout: Duration
    /// Whether somebody else finds out what became of it, so that a signal may cut it off at once.
    package var mayBeGivenUp = false

    package init(
        method: String,
        url: String,
        fields: [(name: String, value: FieldValue)] = [],
        body: Body? = nil,
        replyLimit: Int = defaultReplyLimit,
        timeout: Duration = .seconds(30)
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.replyLimit = replyLimit
        self.timeout = timeout
    }
}

/// What a server answered.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// In the order of arrival; names as the server spelled them.
    package var fields: [(name: String, value: String)]
    /// May hold a secret, so it cannot be printed.
    package var body: Secret

    package init(status: Int, fields: [(name: String, value: String)] = [], body: Secret = Secret([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first value of a header field, whatever the case of its name.
    package subscript(name: String) -> String? {
        values(of: name).first
    }

    /// All values of a header field that may be repeated.
    package func values(of name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}

/// A request that got no reply.
package struct TransportError: Error, Equatable, Sendable {
    package enum Failure: Sendable, Equatable {
        /// Neither HTTPS nor loopback, or not a URL at all.
        case refusedURL
        case nameLookup
        case connect
        case proxy
        /// The proxy does not want to: for other credentials, or never. Asking again could lock an account.
        case proxyRefusal
        /// The certificate or the protocol version was not acceptable.
        case tls
        case timeout
        /// The connection ended or failed under way.
        case connectionLost
        case replyTooLarge
        /// What came was not HTTP.
        case malformedReply
        /// A signal arrived, and the time that it leaves is over.
        case interrupted
        /// The CA file or folder could not be used.
        case trustStore
        case other
    }

    package var failure: Failure
    /// Whether bytes of the request went out, so that the server may have acted on it.
    package var requestMayHaveArrived: Bool
    /// For people: lower case, no full stop, no secret; names host, proxy or certificate problem.
    package var detail: String

    package init(_ failure: Failure, requestMayHaveArrived: Bool, detail: String) {
        self.failure = failure
        self.requestMayHaveArrived = requestMayHaveArrived
        self.detail = detail
    }
}

/// What sends requests.
package protocol HTTPTransport: AnyObject {
    /// Connects, beside whatever the caller does meanwhile, for a request that will be sent soon.
    ///
    /// Nothing of the request goes out before it is given to `send`. What goes wrong is told there; where another request
    /// comes first, or too late a one, the connection is closed.
    func connect(for request: HTTPRequest)

    /// Sends requests over at most `connections` connections at once.
    ///
    /// - Parameters:
    ///   - next: the next request; nil when there is none for now. Asked again after each reply.
    ///   - completed: called once for each request, on the calling thread, in the order of completion.
    func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    )
}

extension HTTPTransport {
    package func connect(for request: HTTPRequest) {}

    /// Sends one request and waits for its reply.
    package func send(_ request: HTTPRequest) throws(TransportError) -> HTTPResponse {
        var pending: HTTPRequest? = request
        var outcome: Result<HTTPResponse, TransportError>?
        send(
            connections: 1,
            next: {
                defer { pending = nil }
                return pending
            },
            completed: { outcome = $1 }
        )
        guard let outcome else {
            throw TransportError(.other, requestMayHaveArrived: true, detail: "the transport lost the request")
        }
        return try outcome.get()
    }
}
