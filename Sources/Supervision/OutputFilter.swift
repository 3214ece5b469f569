internal import CPlatform
package import HostSystem
package import Redaction
internal import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Copies a stream without the secrets in it, in large pieces and with constant memory.
package struct OutputFilter {
    /// Why the stream came to its end.
    package enum Ending: Equatable, Sendable {
        /// Whoever wrote it closed it.
        case ended
        /// What there was has been copied, and the rest is not waited for.
        case stopped
        /// A signal arrived; nothing more was copied.
        case interrupted
    }

    /// Larger than a pipe usually is, and small enough for a processor's second cache.
    private static let chunkSize = 128 << 10
    /// How long a tail that could be the beginning of a secret waits for the byte that decides.
    private static let patience: Duration = .milliseconds(50)
    /// What is copied at most after the stream was told to stop: as much as the largest pipe holds.
    private static let remainderLimit = 1 << 20

    /// How many reads follow one another without a look at anything else: while much comes, the next is there already.
    private static let mostUnasked = 16

    private let source: Int32
    private let isTerminal: Bool
    /// Whether a read returns when nothing is there.
    private let mayReadUnasked: Bool
    private let name: String
    private let destination: StandardStream
    private let clock: HostClock
    private let secrets: HiddenSecrets
    private let redactor: StreamingRedactor
    /// That of the redactor's table; nil before the first byte, since a command that writes nothing needs no table.
    private var generation: Int?
    /// The place of the first byte that waits, and since when it does.
    private var waiting: (position: UInt64, since: Duration)?

    /// - Parameters:
    ///   - name: of the source, for messages.
    ///   - isTerminal: whether the source is the master of a pseudo-terminal, whose end is `EIO`.
    ///   - secrets: those that are added later are hidden from the next chunk on.
    package init(
        reading source: Int32,
        named name: String,
        isTerminal: Bool,
        to destination: StandardStream,
        hiding secrets: HiddenSecrets,
        clock: HostClock
    ) {
        self.source = source
        self.isTerminal = isTerminal
        mayReadUnasked = platform_is_nonblocking(source) != 0
        self.name = name
        self.destination = destination
        self.clock = clock
        self.secrets = secrets
        redactor = StreamingRedactor(hiding: [])
    }

    /// Copies until the stream ends.
    ///
    /// - Parameters:
    ///   - stop: when this descriptor is readable, only what is there already is copied; -1 for never.
    ///   - interruption: when this descriptor is readable, nothing more is copied; -1 for never.
    /// - Throws: a write that failed, `EPIPE` when nobody reads any more; or a read that failed.
    package mutating func copy(stop: Int32, interruption: Int32) throws(FileError) -> Ending {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 1 << 12)
        defer {
            wipe(chunk)
            chunk.deallocate()
        }
        var remainder = Self.remainderLimit
        var unasked = 0
        while true {
            switch unasked > 0 ? .input : nextEvent(stop, interruption) {
            case .interruption: return .interrupted
            case .patienceOver:
                waiting = nil
                try redactor.releaseHeld(into: write)
            case .input:
                let count = try copyChunk(chunk)
                guard count != 0 else { return try finish(.ended) }
                unasked = count == nil || !mayReadUnasked ? 0 : unasked > 0 ? unasked - 1 : Self.mostUnasked
            case .stop(let isInputThere):
                // A read of nothing would wait for whoever has the other end.
                guard isInputThere else { return try finish(.stopped) }
                let count = try copyChunk(chunk)
                remainder -= count ?? 0
                guard count != 0, remainder > 0 else { return try finish(.stopped) }
            }
        }
    }

    private enum Event {
        case input, interruption, patienceOver
        case stop(isInputThere: Bool)
    }

    private func nextEvent(_ stop: Int32, _ interruption: Int32) -> Event {
        while true {
            var watched = [source, interruption, stop].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let left = waiting.map { max(.zero, $0.since + Self.patience - clock.uptime()).roundedUpToMilliseconds }
            let count = poll(&watched, nfds_t(watched.count), left ?? -1)
            if count == 0 { return .patienceOver }
            guard count > 0 else { continue }
            if watched[1].revents != 0 { return .interruption }
            if watched[2].revents != 0 { return .stop(isInputThere: watched[0].revents != 0) }
            return .input
        }
    }

    /// Copies what can be read at once; 0 at the end of the stream, nil when nothing is there.
    private mutating func copyChunk(_ chunk: UnsafeMutableRawBufferPointer) throws(FileError) -> Int? {
        let count = read(source, chunk.baseAddress, chunk.count)
        guard count >= 0 else {
            switch errno {
            case EINTR, EAGAIN: return nil
            // How the master says that nobody has the other side open; of a file, a disk that fails.
            case EIO where isTerminal: return 0
            default: throw .last(.read, name)
            }
        }
        if count > 0 { hideNewSecrets() }
        try redactor.redact(UnsafeRawBufferPointer(rebasing: chunk[..<count]), into: write)
        noteWaiting()
        return count
    }

    /// What was read may hold secrets that were minted since the last time.
    private mutating func hideNewSecrets() {
        let (current, table) = secrets.current
        guard current != generation else { return }
        generation = current
        redactor.change(to: table)
    }

    private mutating func noteWaiting() {
        guard redactor.mayReleaseHeld else { return waiting = nil }
        // While the same byte waits, its time runs on.
        if waiting?.position != redactor.heldPosition { waiting = (redactor.heldPosition, clock.uptime()) }
    }

    private func finish(_ ending: Ending) throws(FileError) -> Ending {
        try redactor.finish(into: write)
        return ending
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try destination.write(bytes)
    }
}
