package import HTTPTransport
internal import Synchronization

/// A CI system's API beside a cloud: requests to its address are answered by paths, all others go to the cloud.
package final class RunServer: HTTPTransport, Sendable {
    private struct State {
        var replies: [String: [StubTransport.Reply]] = [:]
        var requests: [HTTPRequest] = []
    }

    private let address: String
    private let cloud: InMemoryCloud
    private let state = Mutex(State())

    /// - Parameter address: with which the URLs of its requests begin.
    package init(at address: String, beside cloud: InMemoryCloud) {
        (self.address, self.cloud) = (address, cloud)
    }

    /// Answers what is asked of a path, the last reply again and again.
    package func answer(_ path: String, with replies: StubTransport.Reply...) {
        state.withLock { $0.replies[path] = replies }
    }

    package var requests: [HTTPRequest] { state.withLock(\.requests) }

    package func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    ) {
        var forCloud: HTTPRequest?
        while let request = next() {
            if request.url.hasPrefix(address) {
                completed(request, reply(to: request))
            } else {
                forCloud = request
                cloud.send(
                    connections: 1,
                    next: {
                        defer { forCloud = nil }
                        return forCloud
                    },
                    completed: completed
                )
            }
        }
    }

    private func reply(to request: HTTPRequest) -> StubTransport.Reply {
        let path = String(request.url.dropFirst(address.count))
        return state.withLock { state in
            state.requests.append(request)
            guard let replies = state.replies[path], let first = replies.first else {
                return .reply(404, #"{"message":"Not Found"}"#)
            }
            if replies.count > 1 { state.replies[path] = Array(replies.dropFirst()) }
            return first
        }
    }
}
