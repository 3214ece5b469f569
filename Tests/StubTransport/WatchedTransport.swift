package import HTTPTransport

/// Passes requests on, and shows each to a test before it is answered: what is on the disk then is what a kill leaves.
package final class WatchedTransport: HTTPTransport {
    private let inner: any HTTPTransport
    /// What happens while a request is under way.
    package var underWay: (HTTPRequest) -> Void = { _ in }

    package init(_ inner: any HTTPTransport) {
        self.inner = inner
    }

    package func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    ) {
        inner.send(
            connections: connections,
            next: {
                let request = next()
                if let request { underWay(request) }
                return request
            },
            completed: completed
        )
    }
}
