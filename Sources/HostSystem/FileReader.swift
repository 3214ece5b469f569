internal import CPlatform
package import Secrets
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How a whole file is read that somebody names: it may be a pipe into which nobody writes, or lie on a file system that
/// does not answer.
package struct FileReader: Sendable {
    package struct Contents: Sendable {
        package var secret: Secret
        /// Whether others than the owner may read or write the file.
        package var isExposed: Bool

        /// The contents of what is no secret.
        package var bytes: [UInt8] {
            secret.reveal { [UInt8]($0) }
        }
    }

    private let budget: TimeBudget?

    /// Waits as long as it takes.
    package static let patient = FileReader(budget: nil)

    /// Gives up when a budget is over or a signal asks to stop.
    package static func within(_ budget: TimeBudget) -> FileReader { FileReader(budget: budget) }

    /// - Throws: also `EFBIG` for a longer file, `ETIMEDOUT` when it does not end in time, `EINTR` after a signal.
    package func contents(of path: String, limit: Int) throws(FileError) -> Contents {
        guard let budget else { return try Self.read(path, limit) }
        guard let pending = PendingRead(path, limit) else { return try Self.read(path, limit) }
        while true {
            if let result = pending.result(waiting: min(Self.look, budget.remaining)) { return try result.get() }
            if budget.isInterrupted { throw FileError(.read, path, code: EINTR) }
            if budget.isOver { throw FileError(.read, path, code: ETIMEDOUT) }
        }
    }

    /// How often time and signals are looked at.
    private static let look: Duration = .milliseconds(50)

    fileprivate static func read(_ path: String, _ limit: Int) throws(FileError) -> Contents {
        let file = try Descriptor.open(path, O_RDONLY)
        return Contents(secret: try file.secret(limit: limit), isExposed: try file.isExposed())
    }
}

/// A file that another thread reads: whoever waits for it may stop waiting, which no system call allows.
private final class PendingRead: Sendable {
    private let outcome = Mutex<Result<FileReader.Contents, FileError>?>(nil)
    /// Ends when the file was read.
    private let ended: Int32

    /// nil when there is no thread for it.
    init?(_ path: String, _ limit: Int) {
        var (readEnd, writeEnd): (Int32, Int32) = (-1, -1)
        guard platform_pipe(&readEnd, &writeEnd) == 0 else { return nil }
        ended = readEnd
        let end = writeEnd
        let isStarted = startThread { [self] in
            let result = Result { () throws(FileError) in try FileReader.read(path, limit) }
            outcome.withLock { $0 = result }
            close(end)
        }
        guard isStarted else {
            close(end)
            return nil
        }
    }

    deinit { close(ended) }

    func result(waiting time: Duration) -> Result<FileReader.Contents, FileError>? {
        var watched = pollfd(fd: ended, events: Int16(POLLIN), revents: 0)
        poll(&watched, 1, time.roundedUpToMilliseconds)
        return outcome.withLock { $0 }
    }
}
