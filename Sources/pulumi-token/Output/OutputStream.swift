import HostSystem
import Redaction

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Standard output or standard error.
struct OutputStream: Sendable {
    let descriptor: Int32
    let name: String

    static let standardOutput = OutputStream(descriptor: 1, name: "standard output")
    static let standardError = OutputStream(descriptor: 2, name: "standard error")

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The number of columns of the terminal; nil when it is none.
    var width: Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes everything, in as few calls as the system allows.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = writeBytes(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                // Somebody made the descriptor non-blocking, as Node does with its pipes.
                var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&watched, 1, -1)
            } else if errno != EINTR {
                throw .last("write", name)
            }
        }
    }

    func write(_ secret: Secret) throws(FileError) {
        try secret.reveal { bytes throws(FileError) in try write(bytes) }
    }

    func write(_ text: String) throws(FileError) {
        try write(Secret(text))
    }
}

// Inside the type, `write` is its own method.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
