/// The open connections, and how many there were.
///
/// Those that only drive the emulator (`/_control`) do not count.
struct ConnectionTable: Sendable {
    private var open: [Int: Stream] = [:]
    /// Those whose handshake is not done.
    private var unready: [Int: Stream] = [:]
    /// What the clients of the open ones say they are, since their first request.
    private var clients: [Int: String] = [:]
    private var nextKey = 0
    /// Whether the server has come to its end.
    private(set) var isClosed = false
    /// Connections that carried at least one request.
    private(set) var served = 0
    /// TLS handshakes of those connections and of those without any request.
    var handshakes = 0
    /// Handshakes that resumed a session.
    var resumed = 0
    /// Clients that did not get through the handshake.
    var failedHandshakes = 0
    /// Bytes of the wire of connections that are over, TLS and all.
    private(set) var bytesReceived = 0
    private(set) var bytesSent = 0
    /// The most that were open at once.
    private(set) var peak = 0

    var openCount: Int { open.count }
    var pendingCount: Int { unready.count }
    var openClients: [String] { open.keys.map { clients[$0, default: ""] } }

    /// Adds a connection that has still to do its handshake.
    mutating func add(_ stream: Stream) -> Int {
        nextKey += 1
        unready[nextKey] = stream
        if isClosed { stream.interrupt() }
        return nextKey
    }

    /// From now on the connection counts as open.
    mutating func establish(_ key: Int) {
        open[key] = unready.removeValue(forKey: key)
        peak = max(peak, open.count)
    }

    /// A request on the connection says whose it is.
    mutating func setClient(_ name: String?, of key: Int) {
        clients[key] = name
    }

    mutating func remove(_ key: Int) {
        if let stream = open[key] {
            bytesReceived += stream.wireBytes.received
            bytesSent += stream.wireBytes.sent
        }
        open[key] = nil
        unready[key] = nil
        clients[key] = nil
    }

    /// The number of a connection that carries its first request.
    mutating func number() -> Int {
        served += 1
        return served
    }

    /// Ends all of them from outside, and those that are still to come.
    mutating func interruptAll() {
        isClosed = true
        for stream in open.values { stream.interrupt() }
        for stream in unready.values { stream.interrupt() }
    }

    /// Connections that were turned away because there were too many.
    var turnedAway = 0

    mutating func resetCounts() {
        (served, handshakes, resumed, failedHandshakes, peak) = (0, 0, 0, 0, open.count)
        (bytesReceived, bytesSent, turnedAway) = (0, 0, 0)
    }
}

extension CloudState {
    /// Whether one more connection may come; counts the one that may not.
    mutating func hasRoom() -> Bool {
        let most = configuration.mostConnections
        guard most == 0 || connections.openCount + connections.pendingCount < most else {
            connections.turnedAway += 1
            return false
        }
        return true
    }
}
