internal import CLibcurl
internal import HostSystem

/// Takes a request as far as its connection on another thread, and holds it there until it is known to be sent.
///
/// From its start until `join` has returned, the multi handle and the transfer are that thread's.
final class EarlyConnection: @unchecked Sendable {
    /// A connection that was idle for longer may be ended when the request arrives.
    ///
    /// It would look as if the reply was lost. What it waits for takes some milliseconds; on a slow disk, another costs little.
    static let longestWait: Duration = .seconds(1)

    let transfer: Transfer
    private let multi: UnsafeMutableRawPointer
    /// The uptime of the start.
    private let begun: Duration
    private let isWanted = PendingValue<Bool>()
    private let ended = PendingValue<Void>()

    /// nil where there is no thread for it; then nothing was begun.
    init?(_ transfer: Transfer, in multi: UnsafeMutableRawPointer, at begun: Duration) {
        self.transfer = transfer
        self.multi = multi
        self.begun = begun
        transfer.hold = isWanted.wait
        guard startThread(isApart: true, run) else { return nil }
    }

    /// Waits for the thread's end, and lets the request go on if it is the one that is to be sent now.
    ///
    /// - Parameters:
    ///   - request: nil when none is to be sent any more.
    ///   - now: the uptime.
    /// - Returns: whether the transfer goes on; otherwise it is another request's, or its connection has waited too long.
    func join(for request: HTTPRequest?, at now: Duration) -> Bool {
        let isSame = request.map { $0.isSent(like: transfer.request) } ?? false
        let goesOn = isSame && now - begun < Self.longestWait
        isWanted.set(goesOn)
        curl_multi_wakeup(multi)
        ended.wait()
        transfer.hold = nil
        return goesOn
    }

    private func run() {
        var running: Int32 = 1
        while curl_multi_perform(multi, &running) == CURLM_OK, running > 0, isWanted.current == nil,
            curl_multi_poll(multi, nil, 0, 1000, nil) == CURLM_OK
        {}
        ended.set(())
    }
}

extension HTTPRequest {
    /// Whether both put the same bytes on the wire.
    fileprivate func isSent(like other: HTTPRequest) -> Bool {
        method == other.method && url == other.url && body == other.body
            && fields.elementsEqual(other.fields) { $0.name == $1.name && $0.value == $1.value }
    }
}
