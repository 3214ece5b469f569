internal import CPlatform
internal import Glibc

/// A pipe that no child inherits; both ends close with it.
package final class Pipe: @unchecked Sendable {
    package private(set) var readEnd: Int32 = -1
    package private(set) var writeEnd: Int32 = -1

    package init(nonblocking: Bool = false) throws {
        let code = platform_pipe(&readEnd, &writeEnd)
        guard code == 0 else { throw BenchError("pipe", code: code) }
        if nonblocking { _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        if readEnd >= 0 { close(readEnd) }
        closeWriteEnd()
    }

    /// Hands the end over: it closes no more with the pipe.
    package func takeReadEnd() -> Int32 {
        defer { readEnd = -1 }
        return readEnd
    }

    /// Hands the end over: it closes no more with the pipe.
    package func takeWriteEnd() -> Int32 {
        defer { writeEnd = -1 }
        return writeEnd
    }

    package func closeWriteEnd() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    /// What waits to be read, or comes until the other end is closed.
    package func readToEnd() -> [UInt8] { readAll(from: readEnd) ?? [] }
}

/// An end that nobody reads from any more, whatever copies of it a process being started may have for a moment.
package func descriptorWithoutReader() -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { return -1 }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    shutdown(ends[0], Int32(SHUT_WR))
    close(ends[1])
    return ends[0]
}

/// A thread of its own, which may block without keeping other tests from running.
package final class Reader: @unchecked Sendable {
    private let body: () -> [UInt8]
    private var bytes: [UInt8] = []
    private var thread = pthread_t()

    package init(_ body: @escaping () -> [UInt8]) {
        self.body = body
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                let reader = Unmanaged<Reader>.fromOpaque(context).takeRetainedValue()
                reader.bytes = reader.body()
                return nil
            },
            context
        )
    }

    /// Waits for the end, and returns what was read.
    package func join() -> [UInt8] {
        pthread_join(thread, nil)
        return bytes
    }
}
