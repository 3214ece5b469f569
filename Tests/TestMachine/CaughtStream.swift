internal import Glibc
internal import TestBench

/// A pipe large enough for what a command says: standard error that is a file would be refused for masks.
package final class CaughtStream {
    package let descriptor: Int32
    private let reading: Int32
    private var bytes: [UInt8] = []

    package init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw BenchError("pipe") }
        _ = fcntl(ends[1], 1031, 1 << 20)  // F_SETPIPE_SZ
        (reading, descriptor) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(reading)
        close(descriptor)
    }

    /// All that was written so far.
    package var text: String {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(reading, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// From now on what is written goes into a file, as when a caller keeps it.
    package func becomeFile(at path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        dup2(file, descriptor)
        close(file)
    }
}
