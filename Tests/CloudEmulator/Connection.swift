internal import COpenSSL

/// Serves one client from its first to its last request, on a thread of its own.
struct Connection {
    let stream: Stream
    let key: Int
    let state: Monitor<CloudState>
    let stop: StopSignal
    /// Given to the connection with its first request that is not for `/_control`.
    private var number = 0
    /// Whether it is settled that the connection counts, or not.
    private var isCounted = false
    private let caPEM: String

    init(stream: Stream, key: Int, state: Monitor<CloudState>, stop: StopSignal, caPEM: String) {
        (self.stream, self.key, self.state, self.stop, self.caPEM) = (stream, key, state, stop, caPEM)
    }

    /// What becomes of the connection after a request.
    enum Continuation {
        case goesOn, ends, isReset
    }

    mutating func serve() {
        var reader = RequestReader(stream: stream)
        var continuation = Continuation.goesOn
        while continuation == .goesOn {
            do throws(RequestReader.Failure) {
                let request = try reader.next()
                continuation = handle(request)
                if !request.keepsAlive, continuation == .goesOn { continuation = .ends }
            } catch {
                if case .refused(let status) = error {
                    _ = stream.write(Reply.text("bad request\n", status: status).serialized())
                }
                continuation = .ends
            }
        }
        let isReset = continuation == .isReset
        state.withLock { state in
            state.connections.remove(key)
            for index in state.lateCommits.indices where state.lateCommits[index].key == key {
                state.lateCommits[index].client = -1
            }
            // Under the lock, so that nobody asks about, or interrupts, a descriptor that is used anew.
            stream.end(politely: !isReset, reset: isReset)
        }
    }

    private mutating func handle(_ request: Request) -> Continuation {
        guard !request.path.hasPrefix("/_control") else { return control(request) }
        let (position, misbehaviour) = state.withLock { state in
            if number == 0 { number = state.connections.number() }
            isCounted = true
            state.connections.setClient(request["User-Agent"], of: key)
            let position = state.log.add(
                request,
                connection: number,
                credential: state.credentialLabel(request),
                time: state.clock.now
            )
            return (position, state.rules.misbehaviour(for: request))
        }
        guard let misbehaviour else {
            return deliver(act(on: request, loggedAt: position), of: request)
        }
        return misbehave(misbehaviour, on: request, loggedAt: position)
    }

    /// Lets a request have its effect.
    func act(on request: Request, loggedAt position: Int) -> Reply {
        state.withLock { state in
            var reply = state.answer(request)
            state.commitLate(after: request)
            state.complete(&reply)
            state.log.setStatus(reply.status, at: position)
            return reply
        }
    }

    /// Sends a reply as it is.
    func deliver(_ reply: Reply, of request: Request) -> Continuation {
        let chunked = state.withLock { $0.configuration.chunkedReplies }
        let bytes = reply.serialized(chunked: chunked, toHead: request.method == "HEAD")
        return stream.write(bytes) ? .goesOn : .ends
    }

    private mutating func control(_ request: Request) -> Continuation {
        let reply = state.withLock { state in
            if !isCounted { state.connections.handshakes -= stream.isEncrypted ? 1 : 0 }
            isCounted = true
            return state.control(request, caPEM: caPEM)
        }
        return stream.write(reply.serialized()) ? .goesOn : .ends
    }
}

extension CloudState {
    /// Adds what every reply carries.
    func complete(_ reply: inout Reply) {
        reply.set("Date", to: httpDate(clock.seconds))
        reply.set("X-Pulumi-Request-ID", to: randomUUID())
    }
}
