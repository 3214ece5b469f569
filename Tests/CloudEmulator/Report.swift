/// What the emulator has seen and what is alive, at one moment.
package struct Report: Codable, Equatable, Sendable {
    /// Minted (or seeded) tokens that are neither revoked nor expired.
    package var liveTokens: Int
    /// Tokens of the exchange that have not expired.
    package var liveExchangedTokens: Int
    /// Minted or seeded, dead or alive.
    package var mintedTokens: Int
    package var requests: Int
    /// Connections that carried requests.
    package var connections: Int
    package var handshakes: Int
    package var resumedHandshakes: Int
    package var failedHandshakes: Int
    /// Clients that have connected and are still in their handshake.
    package var pendingHandshakes: Int
    package var openConnections: Int
    /// The `User-Agent` of each open connection; empty before its first request.
    package var openClients: [String]
    package var peakConnections: Int
    /// Reset because there were too many.
    package var connectionsTurnedAway: Int
    /// Bytes of the wire, TLS and all, of the connections that are over.
    package var bytesReceived: Int
    package var bytesSent: Int
    /// Requests whose effect is still held back.
    package var lateCommits: Int
    /// How often each script took effect, in the order in which they were given.
    package var misbehaviours: [Int]
    /// Unix time of the server, seconds.
    package var time: Double
}

extension CloudState {
    var report: Report {
        Report(
            liveTokens: live(.minted).count,
            liveExchangedTokens: live(.exchanged).count,
            mintedTokens: tokens.all.count { $0.kind == .minted },
            requests: log.count,
            connections: connections.served,
            handshakes: connections.handshakes,
            resumedHandshakes: connections.resumed,
            failedHandshakes: connections.failedHandshakes,
            pendingHandshakes: connections.pendingCount,
            openConnections: connections.openCount,
            openClients: connections.openClients,
            peakConnections: connections.peak,
            connectionsTurnedAway: connections.turnedAway,
            bytesReceived: connections.bytesReceived,
            bytesSent: connections.bytesSent,
            lateCommits: lateCommits.count,
            misbehaviours: rules.fired,
            time: clock.now
        )
    }
}
