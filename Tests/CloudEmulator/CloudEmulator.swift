/// Pulumi Cloud's token API over HTTPS on loopback, for tests.
package final class CloudEmulator: Sendable {
    /// The longest that anybody waits for something to happen, in seconds: a test fails then rather than hangs.
    static let patience = 60.0

    let state: Monitor<CloudState>
    private let listener: Listener
    private let tls: ServerTLS?

    /// Starts a server.
    ///
    /// - Parameter port: 0 for any.
    package init(_ configuration: Configuration = Configuration(), port: UInt16 = 0) throws(EmulatorError) {
        let state = Monitor(CloudState(configuration: configuration))
        let tls =
            configuration.plainHTTP
            ? nil : try ServerTLS(configuration)
        self.state = state
        self.tls = tls
        listener = try Listener(port: port, tls: tls, state: state)
        listener.start()
    }

    /// Ends all connections, and every request that was still held back; the first call counts.
    package func stop() { listener.close() }

    package var port: UInt16 { listener.port }

    /// Without path prefix: `https://localhost:PORT`.
    package var origin: String { "\(tls == nil ? "http" : "https")://localhost:\(port)" }

    /// What a client takes for its cloud URL.
    package var url: String { origin + state.withLock { $0.configuration.pathPrefix } }

    /// The authority to trust, as PEM; empty without TLS.
    package var caPEM: String { tls?.caPEM ?? "" }

    /// The value of a user's parent token; empty for an unknown login.
    package func parentToken(of login: String = "alice") -> String {
        state.withLock { $0.parentToken(of: login)?.value ?? "" }
    }
}
