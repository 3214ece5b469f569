internal import CLibcurl
package import HostSystem
internal import Secrets

/// Requests over libcurl: HTTPS with certificates checked, or plain HTTP to this machine itself.
///
/// Connections and TLS sessions are kept and used again. Not for several threads at once.
package final class CurlTransport: HTTPTransport {
    private let trust: TrustStore
    private let proxies: ProxySettings
    private let clock: HostClock
    private let interruption: Interruption
    private let trace: ((String) -> Void)?

    private let multi: UnsafeMutableRawPointer?
    /// Keeps the TLS sessions; libcurl would keep them per handle.
    private let share: UnsafeMutableRawPointer?
    private var idle: [EasyHandle] = []
    private var underWay: [Transfer] = []
    /// What another thread works on in the meantime; nothing else is done with libcurl before its end.
    private var early: EarlyConnection?
    /// How many connections the servers take; learned, and kept from one call to the next.
    private var crowd = Crowd()
    /// How many places of the trust store a server's certificate has been tried with in vain, by host and port.
    private var anchorsTried: [String: Int] = [:]

    /// - Parameters:
    ///   - clock: the same as the interruption's.
    ///   - trace: gets one line per request, without secrets.
    package init(
        trust: TrustStore,
        proxies: ProxySettings,
        clock: HostClock,
        interruption: Interruption,
        trace: ((String) -> Void)? = nil
    ) {
        // Before the first call of libcurl, which would start it.
        Self.prepareProcess()
        multi = curl_multi_init()
        share = curl_share_init()
        self.trust = trust
        self.proxies = proxies
        self.clock = clock
        self.interruption = interruption
        self.trace = trace
        if let share { _ = curl_shim_share(share, CURL_LOCK_DATA_SSL_SESSION) }
        if let multi { curl_shim_set_connections_kept(multi, 32) }
    }

    deinit {
        _ = early?.join(for: nil, at: clock.uptime())
        for transfer in underWay { curl_multi_remove_handle(multi, transfer.easy.pointer) }
        underWay = []
        curl_multi_cleanup(multi)
        idle = []
        curl_share_cleanup(share)
    }

    package func connect(for request: HTTPRequest) {
        // Of an earlier request, there is a connection already.
        guard early == nil, idle.isEmpty, underWay.isEmpty, let multi else { return }
        let now = clock.uptime()
        guard let transfer = try? start(request, begun: now, among: 1) else { return }
        early = EarlyConnection(transfer, in: multi, at: now)
        if early == nil { drop(transfer) }
    }

    package func send(
        connections: Int,
        next: () -> HTTPRequest?,
        completed: (HTTPRequest, Result<HTTPResponse, TransportError>) -> Void
    ) {
        var inFlight: [Transfer] = []
        // Those that were turned away, with the moment at which each was begun.
        var again: [(request: HTTPRequest, begun: Duration)] = []
        func fill() {
            while inFlight.count < crowd.room(for: connections) {
                let begun = again.popLast()
                guard let request = begun?.request ?? next() else { return }
                do throws(TransportError) {
                    let room = crowd.room(for: connections)
                    inFlight.append(try start(request, begun: begun?.begun ?? clock.uptime(), among: room))
                } catch {
                    trace?(Self.traceLine(of: request, failure: error))
                    completed(request, .failure(error))
                }
            }
        }
        fill()
        while !inFlight.isEmpty {
            let ended = drive(inFlight)
            inFlight.removeAll { $0.outcome != nil }
            for transfer in ended {
                let outcome = finish(transfer)
                if isTurnedAway(transfer, outcome) {
                    again.append((transfer.request, transfer.limit.begun))
                } else {
                    completed(transfer.request, outcome)
                }
            }
            if !ended.isEmpty { fill() }
        }
    }

    /// Whether a request is to be sent once more, among fewer: its connection was ended, and sending it twice is the
    /// same as once.
    private func isTurnedAway(_ transfer: Transfer, _ outcome: Result<HTTPResponse, TransportError>) -> Bool {
        switch outcome {
        case .success:
            crowd.admitted()
            return false
        case .failure(let error):
            let isConnection = error.failure == .connect || error.failure == .connectionLost
            let isRepeatable = transfer.request.method != "POST" || !error.requestMayHaveArrived
            guard isConnection, isRepeatable, interruption.moment == nil else { return false }
            return crowd.turnedAway(among: transfer.room)
        }
    }
}

// MARK: Starting and finishing

extension CurlTransport {
    /// - Parameters:
    ///   - begun: the uptime from which the request's time counts.
    ///   - room: how many may be under way.
    private func start(
        _ request: HTTPRequest,
        begun: Duration,
        among room: Int
    ) throws(TransportError) -> Transfer {
        if let transfer = takeEarly(for: request, begun: begun) { return transfer }
        let url = try Self.checkedURL(of: request)
        let proxy = try checkedProxy(to: url)
        let anchors = url.scheme == "https" ? try trust.anchors() : []
        guard let multi, let easy = idle.popLast() ?? EasyHandle(sharing: share) else {
            throw TransportError(.other, requestMayHaveArrived: false, detail: "libcurl could not be started")
        }
        interruption.acknowledge()
        let limit = RequestLimit(of: request, begun: begun)
        let untried = anchors.dropFirst(anchorsTried[url.authority] ?? 0)
        let transfer = Transfer(request, to: url, through: proxy, trusting: untried, on: easy, limit: limit)
        transfer.room = room
        underWay.append(transfer)
        curl_multi_add_handle(multi, easy.pointer)
        return transfer
    }

    /// The request's own transfer, if another thread has connected it meanwhile.
    private func takeEarly(for request: HTTPRequest, begun: Duration) -> Transfer? {
        guard let early else { return nil }
        self.early = nil
        guard early.join(for: request, at: clock.uptime()) else {
            drop(early.transfer)
            return nil
        }
        interruption.acknowledge()
        early.transfer.goOn(as: request, limit: RequestLimit(of: request, begun: begun))
        return early.transfer
    }

    /// Ends what nobody waits for.
    private func drop(_ transfer: Transfer) {
        release(transfer)
        transfer.easy.reset()
        idle.append(transfer.easy)
    }

    private func release(_ transfer: Transfer) {
        curl_multi_remove_handle(multi, transfer.easy.pointer)
        underWay.removeAll { $0 === transfer }
    }

    private func finish(_ transfer: Transfer) -> Result<HTTPResponse, TransportError> {
        release(transfer)
        let outcome = transfer.outcome ?? .failure(transfer.failure(endedBy: .other))
        trace?(Self.traceLine(of: transfer, outcome, took: clock.uptime() - transfer.limit.begun))
        transfer.easy.reset()
        idle.append(transfer.easy)
        return outcome
    }

    private static func checkedURL(of request: HTTPRequest) throws(TransportError) -> RequestURL {
        func refusal(_ detail: String) -> TransportError {
            TransportError(.refusedURL, requestMayHaveArrived: false, detail: detail)
        }
        guard let url = RequestURL(request.url), !url.hasUserInformation else {
            throw refusal("the URL of a request is invalid or contains a user name")
        }
        guard url.scheme == "https" || url.scheme == "http" && isLoopback(url.host) else {
            throw refusal("\(url.scheme)://\(url.authority) is not HTTPS")
        }
        guard request.fields.allSatisfy({ $0.name.isSendable && $0.value.isSendable }) else {
            throw TransportError(
                .other,
                requestMayHaveArrived: false,
                detail: "a header field contains a character that cannot be sent"
            )
        }
        return url
    }

    private func checkedProxy(to url: RequestURL) throws(TransportError) -> ProxySettings.Proxy? {
        guard url.scheme == "https", let proxy = proxies.proxy(for: url.host) else { return nil }
        guard proxy.address != nil else {
            throw TransportError(
                .proxy,
                requestMayHaveArrived: false,
                detail: "\(proxy.variable) is not the URL of a proxy"
            )
        }
        return proxy
    }
}

// MARK: Waiting

extension CurlTransport {
    /// Lets the requests go on, and waits when there is nothing to do; returns those that have ended.
    private func drive(_ inFlight: [Transfer]) -> [Transfer] {
        var running: Int32 = 0
        let code = curl_multi_perform(multi, &running)
        noteEnded()
        endOverdue(inFlight)
        var ended = inFlight.filter { $0.outcome != nil }
        if ended.isEmpty, code != CURLM_OK || !wait(for: inFlight) {
            // Never seen: libcurl itself is broken, and waiting for it would not end.
            for transfer in inFlight { transfer.outcome = .failure(transfer.failure(CURLE_FAILED_INIT)) }
            ended = inFlight
        }
        return ended
    }

    private func noteEnded() {
        var code = CURLE_OK
        while let multi, let easy = curl_shim_next_ended(multi, &code) {
            guard let transfer = underWay.first(where: { $0.easy.pointer == easy }) else { continue }
            if code == CURLE_OK {
                // libcurl takes a head that ends in the middle for a whole one.
                let isWhole = transfer.head.isComplete
                transfer.outcome = isWhole ? .success(transfer.response) : .failure(transfer.failure(CURLE_RECV_ERROR))
            } else if transfer.isCertificateUntrusted(code), transfer.anchors.count > 1 {
                tryNextAnchors(transfer)
            } else {
                transfer.outcome = .failure(transfer.failure(code))
            }
        }
    }

    /// Starts again: nothing of the request was sent, and the authority may stand in the next place.
    private func tryNextAnchors(_ transfer: Transfer) {
        transfer.anchors = transfer.anchors.dropFirst()
        anchorsTried[transfer.url.authority] = transfer.anchors.startIndex
        curl_multi_remove_handle(multi, transfer.easy.pointer)
        transfer.setTrust()
        curl_multi_add_handle(multi, transfer.easy.pointer)
    }

    private func endOverdue(_ inFlight: [Transfer]) {
        let now = clock.uptime()
        for transfer in inFlight where transfer.outcome == nil {
            let end = transfer.limit.end(afterSignalAt: interruption.moment)
            guard end.moment <= now else { continue }
            transfer.outcome = .failure(transfer.failure(endedBy: end.by))
        }
    }

    /// Waits until something can go on or has to end; false when that is impossible.
    private func wait(for inFlight: [Transfer]) -> Bool {
        let ends = inFlight.map { $0.limit.end(afterSignalAt: interruption.moment).moment }
        guard let multi, let first = ends.min() else { return false }
        var isSignalled: Int32 = 0
        let left = (first - clock.uptime()).roundedUpToMilliseconds
        let code = curl_shim_poll(multi, interruption.descriptor, left, &isSignalled)
        if isSignalled != 0 { interruption.acknowledge() }
        return code == CURLM_OK
    }
}

extension Transfer {
    fileprivate var response: HTTPResponse {
        HTTPResponse(
            status: easy.number(CURLINFO_RESPONSE_CODE),
            fields: head.fields,
            body: takeReply()
        )
    }
}

extension String {
    /// Not what would end a header line early.
    fileprivate var isSendable: Bool {
        utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

extension HTTPRequest.FieldValue {
    fileprivate var isSendable: Bool {
        switch self {
        case .plain(let text): text.isSendable
        case .secret(let prefix, let secret):
            prefix.isSendable && secret.reveal { $0.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }
        }
    }
}
