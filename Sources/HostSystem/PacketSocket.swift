internal import CPlatform
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// One end of a local socket on which packets go, in a directory that only its user can enter.
///
/// It never waits: who uses it polls. Paths of any length will do, because the directory is named by its descriptor.
package struct PacketSocket: ~Copyable {
    /// What came.
    package enum Arrival: Equatable, Sendable {
        case packet(Secret)
        case nothingYet
        /// The other side is gone, or has sent more than anybody may.
        case ended
    }

    private let descriptor: Descriptor

    private init(owning number: Int32) {
        descriptor = Descriptor(owning: number, path: "a socket")
    }

    package var number: Int32 { descriptor.number }

    // MARK: Making

    /// Listens on a path, which must not be there yet.
    package static func listen(at path: String, waiting: Int32 = 128) throws(FileError) -> PacketSocket {
        let socket = try name(path, binds: true)
        guard chmod(path, 0o600) == 0, startListening(socket.number, waiting) == 0 else {
            throw FileError.last(.listen, path)
        }
        return socket
    }

    /// One that a process was given, on which somebody listens already; it never waits either.
    package static func listening(owning number: Int32) -> PacketSocket { PacketSocket(owning: number) }

    /// - Throws: `ECONNREFUSED` where nobody listens any more, `EAGAIN` where too many wait.
    package static func connect(to path: String) throws(FileError) -> PacketSocket { try name(path, binds: false) }

    private static func name(_ path: String, binds: Bool) throws(FileError) -> PacketSocket {
        let number = platform_open_packet_socket()
        guard number >= 0 else { throw .last(.make, "a socket") }
        let socket = PacketSocket(owning: number)
        let folder = try Descriptor.open(FilePath.directory(of: path), O_RDONLY | O_DIRECTORY)
        let short = "/proc/self/fd/\(folder.number)/\(FilePath.name(of: path))"
        var code = platform_bind_or_connect(number, short, binds ? 1 : 0)
        // An image without /proc.
        if code == ENOENT, access("/proc/self/fd", X_OK) != 0 {
            code = platform_bind_or_connect(number, path, binds ? 1 : 0)
        }
        guard code == 0 else { throw FileError(binds ? .listen : .connect, path, code: code) }
        return socket
    }

    /// The next one that connects; nil when there is none.
    package borrowing func accept() -> PacketSocket? {
        let number = platform_accept(descriptor.number)
        return number >= 0 ? PacketSocket(owning: number) : nil
    }

    /// The user on the other side; nil when the system does not say.
    package borrowing func peer() -> UInt32? {
        var user: uid_t = .max
        return platform_peer_user(number, &user) == 0 ? user : nil
    }

    // MARK: Packets

    /// Sends one packet; says whether it went out.
    @discardableResult
    package borrowing func send(_ packet: Secret) -> Bool {
        packet.reveal { bytes in
            while true {
                let count = platform_send_packet(number, bytes.baseAddress, bytes.count)
                if count == bytes.count { return true }
                guard count < 0, errno == EINTR else { return false }
            }
        }
    }

    /// - Parameter limit: of the packet's bytes.
    package borrowing func receive(limit: Int) -> Arrival {
        let memory = WipedMemory<UInt8>(count: limit)
        while true {
            let count = platform_receive_packet(number, memory.start, limit)
            if count > 0, count <= limit {
                return .packet(Secret(copying: UnsafeRawBufferPointer(start: memory.start, count: count)))
            }
            guard count < 0 else { return .ended }
            if errno == EAGAIN || errno == EWOULDBLOCK { return .nothingYet }
            guard errno == EINTR else { return .ended }
        }
    }
}

private func startListening(_ number: Int32, _ waiting: Int32) -> Int32 { listen(number, waiting) }
