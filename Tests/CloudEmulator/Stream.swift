internal import COpenSSL

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The bytes of one connection, through TLS or plain.
///
/// One thread uses it; `interrupt()` may come from another.
final class Stream: @unchecked Sendable {
    let descriptor: Int32
    private let tls: OpaquePointer?
    private var isClosed = false

    /// Takes over a connected socket.
    init(descriptor: Int32, context: OpaquePointer?) {
        self.descriptor = descriptor
        emulator_prepare_socket(descriptor)
        tls = context.flatMap { SSL_new($0) }
    }

    /// Does the server's side of the TLS handshake, if there is to be TLS; false when it failed.
    func accept() -> Bool {
        guard let tls else { return true }
        ERR_clear_error()
        return SSL_set_fd(tls, descriptor) == 1 && SSL_accept(tls) == 1
    }

    var isEncrypted: Bool { tls != nil }

    /// Whether the handshake resumed an earlier session.
    var isResumed: Bool { tls.map { SSL_session_reused($0) == 1 } ?? false }

    /// Appends what arrives next to `buffer`; false at the end of the connection.
    func read(into buffer: inout [UInt8]) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { chunk in
            guard let start = chunk.baseAddress else { return false }
            let count: Int
            if let tls {
                ERR_clear_error()
                count = Int(SSL_read(tls, start, Int32(chunk.count)))
            } else {
                count = recv(descriptor, start, chunk.count, 0)
            }
            guard count > 0 else { return false }
            buffer.append(contentsOf: chunk[..<count])
            return true
        }
    }

    /// Sends everything; false when the client is gone.
    func write(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.withContiguousStorageIfAvailable { writeAll($0) } ?? Array(bytes).withUnsafeBufferPointer { writeAll($0) }
    }

    private func writeAll(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeBufferPointer(rebasing: rest)
            let count: Int
            if let tls {
                ERR_clear_error()
                count = Int(SSL_write(tls, part.baseAddress, Int32(min(part.count, 1 << 20))))
            } else {
                count = send(descriptor, part.baseAddress, part.count, 0)
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// What went over the wire so far, TLS and all; of an unencrypted stream nothing is known.
    var wireBytes: (received: Int, sent: Int) {
        guard let tls, let reading = SSL_get_rbio(tls), let writing = SSL_get_wbio(tls) else { return (0, 0) }
        return (Int(BIO_number_read(reading)), Int(BIO_number_written(writing)))
    }

    /// Makes a blocked read or write of the owning thread return.
    func interrupt() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Ends the connection; call it once, from the owning thread.
    ///
    /// - Parameters:
    ///   - politely: says goodbye in TLS first, as a server does that is done.
    ///   - reset: sends RST in place of FIN.
    func end(politely: Bool = false, reset: Bool = false) {
        guard !isClosed else { return }
        isClosed = true
        if let tls {
            if politely { SSL_shutdown(tls) }
            SSL_free(tls)
        }
        if reset { emulator_reset_on_close(descriptor) }
        close(descriptor)
    }
}
