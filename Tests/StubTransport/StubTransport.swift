package import HTTPTransport
internal import Secrets

/// Answers each request with the next reply of a script, and remembers what was asked for.
///
/// `finish()` at the end of a test tells of unexpected requests and of replies that nobody asked for.
package final class StubTransport: HTTPTransport {
    package typealias Reply = Result<HTTPResponse, TransportError>

    private var script: [(request: String, reply: Reply)]
    private var problems: [String] = []
    /// Every request, in the order of arrival.
    package private(set) var requests: [HTTPRequest] = []
    /// The most requests that were ever under way at once.
    package private(set) var mostAtOnce = 0
    /// What happens while a request is under way, such as time that passes.
    package var underWay: (HTTPRequest) -> Void = { _ in }

    /// - Parameter script: `METHOD URL`, and what it is answered with.
    package init(_ script: [(request: String, reply: Reply)] = []) {
        self.script = script
    }

    package func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    ) {
        var open: [HTTPRequest] = []
        while true {
            while open.count < connections, let request = next() {
                open.append(request)
            }
            mostAtOnce = max(mostAtOnce, open.count)
            guard !open.isEmpty else { return }
            let request = open.removeFirst()
            completed(request, reply(to: request))
        }
    }

    private func reply(to request: HTTPRequest) -> Reply {
        requests.append(request)
        underWay(request)
        let line = "\(request.method) \(request.url)"
        guard let expected = script.first, expected.request == line else {
            problems.append("unexpected: \(line), expected: \(script.first?.request ?? "nothing")")
            return .failure(TransportError(.other, requestMayHaveArrived: false, detail: "unexpected request"))
        }
        script.removeFirst()
        return expected.reply
    }

    /// What went otherwise than the script; empty when all is well.
    package func finish() -> [String] {
        problems + script.map { "unused: \($0.request)" }
    }
}

extension Result<HTTPResponse, TransportError> {
    /// A reply with a body.
    package static func reply(_ status: Int, _ body: String = "", fields: [(String, String)] = []) -> Self {
        .success(HTTPResponse(status: status, fields: fields.map { ($0, $1) }, body: Secret(body)))
    }

    /// No reply.
    package static func lost(
        _ failure: TransportError.Failure,
        arrived: Bool = false,
        _ detail: String = "cannot connect"
    ) -> Self {
        .failure(TransportError(failure, requestMayHaveArrived: arrived, detail: detail))
    }
}

extension HTTPRequest {
    /// The whole request as text, secrets included.
    package var text: String {
        let fields = fields.map { "\($0.name): \($0.value.text)\n" }.joined()
        switch body {
        case nil: return "\(method) \(url)\n\(fields)"
        case .plain(let bytes): return "\(method) \(url)\n\(fields)\n\(String(decoding: bytes, as: UTF8.self))"
        case .secret(let secret): return "\(method) \(url)\n\(fields)\n\(secret.text)"
        }
    }
}

extension HTTPRequest.FieldValue {
    fileprivate var text: String {
        switch self {
        case .plain(let text): text
        case .secret(let prefix, let secret): prefix + secret.text
        }
    }
}

extension Secret {
    /// The value, for comparisons in tests.
    package var text: String { reveal { String(decoding: $0, as: UTF8.self) } }
}
