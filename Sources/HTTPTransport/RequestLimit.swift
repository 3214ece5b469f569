internal import HostSystem

/// The moment at which a request has to be over, whatever the server does.
struct RequestLimit {
    /// The uptime at which the request was started.
    let begun: Duration
    let timeout: Duration
    /// Nothing is lost when the request is given up: it changes nothing on the server.
    let isSafe: Bool
    /// Somebody else finds out what became of it.
    var mayBeGivenUp = false

    /// The part of the time after which a server that has not finished the handshake is given up.
    var connecting: Duration { min(timeout, .seconds(10)) }

    /// The uptime of the end, and what the request then ended by.
    ///
    /// - Parameter signal: the uptime of the first signal, nil before one has arrived.
    func end(afterSignalAt signal: Duration?) -> (moment: Duration, by: TransportError.Failure) {
        let end = begun + timeout
        guard let signal else { return (end, .timeout) }
        let interrupted = signal + timeLeft(afterSignalAt: signal)
        return end <= interrupted ? (end, .timeout) : (interrupted, .interrupted)
    }

    private func timeLeft(afterSignalAt signal: Duration) -> Duration {
        // What is begun after the signal undoes something, so it may use all the time that there is.
        if begun >= signal { return Interruption.grace }
        return isSafe || mayBeGivenUp ? .zero : Interruption.requestGrace
    }
}

extension RequestLimit {
    init(of request: HTTPRequest, begun: Duration) {
        self.init(
            begun: begun,
            timeout: request.timeout,
            isSafe: request.method == "GET",
            mayBeGivenUp: request.mayBeGivenUp
        )
    }
}
