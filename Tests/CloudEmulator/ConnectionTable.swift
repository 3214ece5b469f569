/// The open connections, and how many there were.
///
/// Those that only drive the emulator (`/_control`) do not count.
struct ConnectionTable: Sendable {
    private var open: [Int: Stream] = [:]
    private var nextKey = 0
    /// Connections that carried at least one request.
    private(set) var served = 0
    /// TLS handshakes of those connections and of those without any request.
    var handshakes = 0
    /// Handshakes that resumed a session.
    var resumed = 0
    /// Clients that did not get through the handshake.
    var failedHandshakes = 0
    /// The most that were open at once.
    private(set) var peak = 0

    var openCount: Int { open.count }

    mutating func add(_ stream: Stream) -> Int {
        nextKey += 1
        open[nextKey] = stream
        peak = max(peak, open.count)
        return nextKey
    }

    mutating func remove(_ key: Int) {
        open[key] = nil
    }

    /// The number of a connection that carries its first request.
    mutating func number() -> Int {
        served += 1
        return served
    }

    /// Ends all of them from outside.
    func interruptAll() {
        for stream in open.values { stream.interrupt() }
    }

    mutating func resetCounts() {
        (served, handshakes, resumed, failedHandshakes, peak) = (0, 0, 0, 0, open.count)
    }
}
