#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A socket of 127.0.0.1 that listens and never answers.
final class SilentServer {
    let port: UInt16
    private let listener: Int32
    private var clients: [Int32] = []

    /// - Parameter isFull: whether no further connection is possible, because nobody accepts those that wait.
    init(isFull: Bool = false) {
        (listener, port) = boundSocket()
        listen(listener, isFull ? 0 : 16)
        if isFull { fill() }
    }

    deinit {
        for client in clients { close(client) }
        close(listener)
    }

    /// Takes all the places that the kernel has for connections that wait.
    private func fill() {
        for _ in 0..<4 {
            let client = socket(AF_INET, streamSocket, 0)
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            var address = loopback(port: port)
            _ = withSocketAddress(&address) { connect(client, $0, $1) }
            clients.append(client)
        }
    }
}

/// A port of 127.0.0.1 on which nobody listens.
///
/// The socket keeps it, so that no other test gets it meanwhile.
final class ClosedPort {
    let number: UInt16
    private let descriptor: Int32

    init() {
        (descriptor, number) = boundSocket()
    }

    deinit {
        close(descriptor)
    }
}

/// Whether each descriptor that is connected to a port of this machine is kept from children.
func connectionsAreKeptFromChildren(to port: UInt16) -> [Bool] {
    (3..<Int32(4096)).compactMap { descriptor in
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) == 0 }
        }
        guard isConnected, address.port == port else { return nil }
        return fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0
    }
}

extension sockaddr_storage {
    fileprivate var port: UInt16 {
        withUnsafeBytes(of: self) { bytes in
            guard [AF_INET, AF_INET6].contains(Int32(ss_family)) else { return 0 }
            return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        }
    }
}

#if canImport(Darwin)
private let streamSocket = SOCK_STREAM
#else
private let streamSocket = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
#endif

/// A socket at a free port of 127.0.0.1, on which nobody listens yet.
private func boundSocket() -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, streamSocket, 0)
    var address = loopback(port: 0)
    _ = withSocketAddress(&address) { bind(descriptor, $0, $1) }
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}

private func withSocketAddress(
    _ address: inout sockaddr_in,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
