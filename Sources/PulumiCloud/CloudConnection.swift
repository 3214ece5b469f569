package import HTTPTransport
package import HostSystem
internal import Redaction
package import Secrets

/// How to reach one Pulumi Cloud: everything but the credential.
package struct CloudConnection {
    package var url: CloudURL
    package var transport: any HTTPTransport
    /// The most that one request may take.
    package var timeout: Duration
    /// The most that everything may take.
    package var budget: TimeBudget
    package var userAgent: String
    /// Whether somebody else finds out what became of a request that a signal cuts off.
    package var mayBeGivenUp = false
    /// Gets the warnings that the server sends along, one line each.
    package var warn: (String) -> Void
    /// Unix time, seconds, for replies that do not say theirs.
    package var now: @Sendable () -> Int64

    package init(
        url: CloudURL,
        transport: any HTTPTransport,
        timeout: Duration,
        budget: TimeBudget,
        userAgent: String,
        warn: @escaping (String) -> Void,
        now: @escaping @Sendable () -> Int64 = HostClock.system.unixTime
    ) {
        self.url = url
        self.transport = transport
        self.timeout = timeout
        self.budget = budget
        self.userAgent = userAgent
        self.warn = warn
        self.now = now
    }
}

extension CloudConnection {
    /// How long a request that was never answered may still have its effect, in seconds, however short the time was that
    /// it was waited for: a list taken earlier than this after its end proves nothing.
    package static let latestEffect: Int64 = 30

    /// The reply to the longest list that a server without pages may send, in bytes.
    static let listLimit = 64 << 20

    /// A request whose time-out still has to be set, because that depends on when it is sent.
    func request(
        _ method: String,
        _ path: [String],
        query: [(String, String)] = [],
        credential: Secret?,
        body: HTTPRequest.Body? = nil
    ) -> HTTPRequest {
        var fields: [(name: String, value: HTTPRequest.FieldValue)] = []
        if let credential {
            fields.append(("Authorization", .secret(prefix: "token ", credential)))
        }
        fields.append(("Accept", .plain("application/vnd.pulumi+8")))
        // The API asks for it on every request, with a body or without.
        fields.append(("Content-Type", .plain("application/json")))
        fields.append(("User-Agent", .plain(userAgent)))
        return HTTPRequest(method: method, url: url.endpoint(path, query: query), fields: fields, body: body)
    }

    /// The request with what is left of the time; an error without a request when nothing is left.
    func timed(_ request: HTTPRequest) throws(CloudError) -> HTTPRequest {
        let left = budget.remaining
        guard left > .zero else { throw timeIsOver }
        var request = request
        request.timeout = min(timeout, left)
        request.mayBeGivenUp = mayBeGivenUp
        return request
    }

    /// Connects for a request that comes soon; without time for it, nothing is done.
    func connect(for request: HTTPRequest) {
        guard let request = try? timed(request) else { return }
        transport.connect(for: request)
    }

    /// Why nothing more is sent.
    package var timeIsOver: CloudError {
        let isInterrupted = budget.isInterrupted
        return .transport(
            TransportError(
                isInterrupted ? .interrupted : .timeout,
                requestMayHaveArrived: false,
                detail: isInterrupted ? "interrupted by a signal" : "the deadline has passed"
            )
        )
    }

    /// Sends once and returns a reply with status 2xx.
    package func send(_ request: HTTPRequest, hiding secrets: [Secret]) throws(CloudError) -> HTTPResponse {
        let request = try timed(request)
        let response: HTTPResponse
        do throws(TransportError) {
            response = try transport.send(request)
        } catch {
            throw .transport(error)
        }
        return try accepted(response, hiding: secrets)
    }

    /// Passes on the server's warnings, and throws a status other than 2xx.
    func accepted(_ response: HTTPResponse, hiding secrets: [Secret]) throws(CloudError) -> HTTPResponse {
        for warning in response.values(of: "X-Pulumi-Warning") {
            let text = oneLine(TextRedactor(hiding: secrets).redact(text: warning), limit: 500)
            if !text.isEmpty { warn(text) }
        }
        guard (200..<300).contains(response.status) else {
            throw .rejected(APIError(response, hiding: secrets, now: now()))
        }
        return response
    }
}

extension HTTPResponse {
    /// A 2xx whose body is not what was promised.
    func unreadable(_ detail: String, tokenID: TokenID? = nil) -> CloudError {
        .unreadable(
            status: status,
            detail: detail,
            requestID: requestID,
            serverTime: serverTime,
            tokenID: tokenID
        )
    }
}
