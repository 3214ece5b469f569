internal import CPlatform
internal import HostSystem
internal import Redaction

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// One way on which the command's output comes through us, with a thread that filters it.
///
/// A thread for each, because a write waits for whoever reads: the other stream and the signals must not.
final class FilteredStream {
    /// What a pipe is asked to hold, in bytes, so that command and filter take fewer turns; more makes nothing faster.
    private static let pipeSize = 256 << 10

    private let destination: StandardStream
    /// Closed by the thread when it has come to its end.
    private let finished: PipeEnds
    /// Closed by us when the rest of the stream is not waited for.
    private let stop: PipeEnds
    private let kind: Kind
    private var work: FilterWork?

    private enum Kind {
        case pipe(PipeEnds)
        case terminal(PseudoTerminal)
    }

    /// A pipe from the command.
    init(pipeTo destination: StandardStream) throws(FileError) {
        self.destination = destination
        let pipe = try PipeEnds()
        platform_enlarge_pipe(pipe.readEnd, Int32(Self.pipeSize))
        _ = platform_set_nonblocking(pipe.readEnd)
        kind = .pipe(pipe)
        finished = try PipeEnds()
        stop = try PipeEnds()
    }

    init(from terminal: PseudoTerminal, to destination: StandardStream) throws(FileError) {
        self.destination = destination
        kind = .terminal(terminal)
        finished = try PipeEnds()
        stop = try PipeEnds()
    }

    /// The command's end.
    var commandEnd: Int32 {
        switch kind {
        case .pipe(let pipe): pipe.writeEnd
        case .terminal(let terminal): terminal.slave
        }
    }

    /// Readable when the thread has come to its end.
    var finishedDescriptor: Int32 { finished.readEnd }

    /// Starts to filter.
    func start(hiding secrets: HiddenSecrets, clock: HostClock) throws(FileError) {
        let source = try takeSource()
        let work = FilterWork(
            source: source,
            isTerminal: isTerminal,
            destination: destination,
            stop: stop.takeReadEnd(),
            finished: finished.takeWriteEnd(),
            secrets: secrets,
            clock: clock
        )
        self.work = work
        guard startThread(work.run) else { throw FileError(.start, "a thread", code: EAGAIN) }
    }

    /// Why some of the command's output is lost, which the command itself was not told; nil while the thread runs.
    ///
    /// A reader that is gone is none of it: of that the command learns by SIGPIPE.
    var failure: FileError? {
        var watched = pollfd(fd: finishedDescriptor, events: Int16(POLLIN), revents: 0)
        guard !isTerminal, poll(&watched, 1, 0) > 0, let failure = work?.failure else { return nil }
        return failure.isBrokenPipe ? nil : failure
    }

    /// Leaves the command's end of a pipe to the command; that of a terminal stays open, so that the command can close
    /// and open it again.
    func closeCommandEnd() {
        if case .pipe(let pipe) = kind { pipe.closeWriteEnd() }
    }

    /// Copies only what is there already.
    func finishWithWhatIsThere() {
        stop.closeWriteEnd()
    }

    var isTerminal: Bool {
        if case .terminal = kind { true } else { false }
    }

    private func takeSource() throws(FileError) -> Descriptor {
        switch kind {
        case .pipe(let pipe): return pipe.takeReadEnd()
        case .terminal(let terminal):
            let copy = platform_duplicate(terminal.master.number)
            guard copy >= 0 else { throw .last(.duplicate, "a pseudo-terminal") }
            return Descriptor(owning: copy, path: "the command's output")
        }
    }
}

/// What the thread works with; nobody else touches it once the thread runs.
private final class FilterWork: @unchecked Sendable {
    private var source: Descriptor?
    private let isTerminal: Bool
    private let destination: StandardStream
    private let stop: Descriptor
    private var finished: Descriptor?
    private let secrets: HiddenSecrets
    private let clock: HostClock
    /// Why the copying ended too early; to be looked at after the end of the thread.
    private(set) var failure: FileError?

    init(
        source: consuming Descriptor,
        isTerminal: Bool,
        destination: StandardStream,
        stop: consuming Descriptor,
        finished: consuming Descriptor,
        secrets: HiddenSecrets,
        clock: HostClock
    ) {
        self.source = consume source
        self.isTerminal = isTerminal
        self.destination = destination
        self.stop = stop
        self.finished = consume finished
        self.secrets = secrets
        self.clock = clock
    }

    @Sendable func run() {
        defer { finished = nil }
        guard let number = source?.number else { return }
        var filter = OutputFilter(
            reading: number,
            named: "the command's output",
            isTerminal: isTerminal,
            to: destination,
            hiding: secrets,
            clock: clock
        )
        do throws(FileError) {
            _ = try filter.copy(stop: stop.number, interruption: -1)
        } catch {
            failure = error
            // A terminal that is gone is told by SIGHUP, not by its output: the command goes on as without us.
            if isTerminal { discard(number) }
        }
        // When nobody reads our output any more, the command shall get SIGPIPE as without us. When it writes nothing
        // more, whoever reads our output shall learn it; our messages go to standard error.
        source = nil
        if destination.descriptor != StandardStream.standardError.descriptor { platform_vacate(destination.descriptor) }
    }

    private func discard(_ number: Int32) {
        var chunk = [UInt8](repeating: 0, count: 1 << 12)
        while true {
            var watched = [number, stop.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            poll(&watched, 2, -1)
            if watched[1].revents != 0 { return }
            let count = read(number, &chunk, chunk.count)
            if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return }
        }
    }
}
