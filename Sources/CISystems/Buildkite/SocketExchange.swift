internal import HostSystem
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Why nobody answered on a socket.
struct SocketFailure: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    init(errno code: Int32) { self.init(String(cString: strerror(code)).lowercased()) }
}

/// One HTTP/1.1 request on a local socket, with a connection of its own.
///
/// Bounded in time and size: nothing is waited for but the head of the reply.
struct SocketExchange {
    /// The most that a reply's head may have.
    private static let limit = 16 << 10
    /// How often time and signals are looked at.
    private static let look: Duration = .milliseconds(50)

    let path: String
    let budget: TimeBudget

    /// The status of the reply.
    func status(of request: Secret) throws(SocketFailure) -> Int {
        let connection = try connection()
        try send(request, on: connection)
        var head: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !holds(head, Array("\r\n\r\n".utf8)), head.count < Self.limit {
            try wait(for: POLLIN, on: connection)
            let count = recv(connection.number, &chunk, chunk.count, 0)
            if count == 0 { break }
            if count > 0 { head += chunk.prefix(count) } else { try passOver(errno) }
        }
        return try Self.status(in: head)
    }

    /// `HTTP/1.1 201 Created`.
    private static func status(in head: [UInt8]) throws(SocketFailure) -> Int {
        let line = String(decoding: head.prefix { !$0.isLineEnd }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard line.hasPrefix("HTTP/1."), words.count > 1, words[1].utf8.count == 3, let status = Int(words[1]) else {
            throw SocketFailure(head.isEmpty ? "no answer" : "an answer that is not HTTP")
        }
        return status
    }

    private func connection() throws(SocketFailure) -> Descriptor {
        let number = newSocket()
        guard number >= 0 else { throw SocketFailure(errno: errno) }
        let descriptor = Descriptor(owning: number, path: path)
        var address = try address()
        while true {
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
                }
            }
            if code == 0 || code == EISCONN { return descriptor }
            // More jobs are waiting than the agent has taken yet.
            try passOver(code)
            try checkTime()
            budget.sleep(for: .milliseconds(2))
        }
    }

    private func address() throws(SocketFailure) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            guard bytes.count < place.count else { return false }
            place.copyBytes(from: bytes)
            return true
        }
        guard fits else { throw SocketFailure("the path of the socket is too long") }
        return address
    }

    private func send(_ request: Secret, on connection: borrowing Descriptor) throws(SocketFailure) {
        var sent = 0
        while sent < request.count {
            try wait(for: POLLOUT, on: connection)
            let count = request.reveal { bytes in
                sendQuietly(connection.number, UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
            if count >= 0 { sent += count } else { try passOver(errno) }
        }
    }

    private func wait(for event: Int32, on connection: borrowing Descriptor) throws(SocketFailure) {
        while true {
            try checkTime()
            var watched = pollfd(fd: connection.number, events: Int16(event), revents: 0)
            if poll(&watched, 1, min(Self.look, budget.remaining).roundedUpToMilliseconds) > 0 { return }
        }
    }

    private func checkTime() throws(SocketFailure) {
        guard !budget.isInterrupted else { throw SocketFailure("interrupted by a signal") }
        guard !budget.isOver else { throw SocketFailure("no answer in time") }
    }

    /// What only asks to try again.
    private func passOver(_ code: Int32) throws(SocketFailure) {
        guard code == EAGAIN || code == EINTR else { throw SocketFailure(errno: code) }
    }
}

/// One that never waits, and that no child inherits.
private func newSocket() -> Int32 {
    #if canImport(Darwin)
    let number = socket(AF_UNIX, SOCK_STREAM, 0)
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    _ = fcntl(number, F_SETFL, O_NONBLOCK)
    var isOn: Int32 = 1
    setsockopt(number, SOL_SOCKET, SO_NOSIGPIPE, &isOn, socklen_t(MemoryLayout<Int32>.size))
    return number
    #else
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    return socket(AF_UNIX, Int32(kind), 0)
    #endif
}

/// Without the signal that comes where nobody reads.
private func sendQuietly(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
    return send(number, bytes.baseAddress, bytes.count, 0)
    #else
    return send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    #endif
}
