internal import COpenSSL

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Accepts connections on 127.0.0.1 and, where the machine has it, on ::1, and gives each a thread.
final class Listener: @unchecked Sendable {
    let port: UInt16
    private let descriptors: [Int32]
    private let tls: ServerTLS?
    private let state: Monitor<CloudState>
    private let stop = StopSignal()
    private let threads = Monitor(0)
    private let hasStopped = Monitor(false)

    /// - Parameter port: 0 for any.
    init(port: UInt16, tls: ServerTLS?, state: Monitor<CloudState>) throws(EmulatorError) {
        descriptors = try Self.open(port: port)
        self.port = emulator_port(descriptors[0])
        self.tls = tls
        self.state = state
    }

    /// Listens on both addresses, or on 127.0.0.1 alone where the machine has no ::1.
    private static func open(port: UInt16) throws(EmulatorError) -> [Int32] {
        for _ in 0..<20 {
            let first = emulator_listen(AF_INET, port)
            guard first >= 0 else { throw .listen(errno) }
            let second = emulator_listen(AF_INET6, emulator_port(first))
            guard second < 0 else { return [first, second] }
            // A client that resolves `localhost` to ::1 first must not meet another server there.
            guard errno == EADDRINUSE else { return [first] }
            _ = COpenSSL.close(first)
            guard port == 0 else { throw .listen(EADDRINUSE) }
        }
        throw .listen(EADDRINUSE)
    }

    func start() {
        for descriptor in descriptors { run { $0.acceptAll(from: descriptor) } }
    }

    /// Ends every connection and waits for the threads; the first call counts.
    func close() {
        let isFirst = hasStopped.withLock { hasStopped in
            defer { hasStopped = true }
            return !hasStopped
        }
        guard isFirst else { return }
        stop.raise()
        state.withLock { $0.connections.interruptAll() }
        _ = threads.wait(atMost: CloudEmulator.patience) { $0 == 0 }
        for descriptor in descriptors { _ = COpenSSL.close(descriptor) }
    }

    private func run(_ body: @escaping @Sendable (Listener) -> Void) {
        threads.withLock { $0 += 1 }
        let started = startThread {
            body(self)
            self.threads.withLock { $0 -= 1 }
        }
        if !started { threads.withLock { $0 -= 1 } }
    }

    private func acceptAll(from descriptor: Int32) {
        var watched = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&watched, 2, -1) > 0 else { continue }
            guard watched[1].revents == 0 else { return }
            let client = emulator_accept(descriptor)
            guard client >= 0 else { continue }
            run { $0.serve(client) }
        }
    }

    private func serve(_ client: Int32) {
        if let fault = state.withLock({ $0.rules.connectionFault() }) {
            return refuse(client, with: fault)
        }
        let admitted = state.withLock { state in
            guard state.hasRoom() else { return nil as (Stream, Int)? }
            let stream = Stream(descriptor: client, context: tls?.context)
            return (stream, state.connections.add(stream))
        }
        guard let (stream, key) = admitted else { return refuse(client, with: .reset) }
        guard stream.accept() else {
            state.withLock { state in
                state.connections.failedHandshakes += 1
                state.connections.remove(key)
                // Under the lock, so that nobody interrupts a descriptor that is used anew.
                stream.end()
            }
            return
        }
        state.withLock { state in
            state.connections.handshakes += tls == nil ? 0 : 1
            state.connections.resumed += stream.isResumed ? 1 : 0
            state.connections.establish(key)
        }
        var connection = Connection(stream: stream, key: key, state: state, stop: stop, caPEM: tls?.caPEM ?? "")
        connection.serve()
    }

    private func refuse(_ client: Int32, with fault: Misbehaviour.ConnectionFault) {
        if fault == .hang { _ = emulator_wait(client, stop.descriptor, -1) }
        if fault == .reset { emulator_reset_on_close(client) }
        _ = COpenSSL.close(client)
    }
}
