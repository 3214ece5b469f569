import Glibc
import HostSystem
import Redaction
import Secrets
import Synchronization
import Testing

@testable import Supervision

/// A stream on its way through us.
///
/// What the redactor makes of it is tested in its own room.
@Suite struct OutputFilterTests {
    private let source: PipeEnds
    private let target: PipeEnds
    private let stop: PipeEnds
    private let secrets = HiddenSecrets([Secret("pul-0123456789abcdef")])

    init() throws {
        source = try PipeEnds()
        target = try PipeEnds()
        stop = try PipeEnds()
    }

    /// Filters on a thread of its own; its ending or error comes at the end of the pipe that is returned.
    private func startFilter() throws -> Outcome {
        let outcome = Outcome(try PipeEnds())
        let (input, output, stop, secrets) = (source.readEnd, target.writeEnd, stop.readEnd, secrets)
        let didStart = startThread {
            var filter = OutputFilter(
                reading: input,
                named: "the test",
                isTerminal: false,
                to: StandardStream(descriptor: output, name: "the pipe"),
                hiding: secrets,
                clock: .system
            )
            outcome.set(Result { () throws(FileError) in try filter.copy(stop: stop, interruption: -1) })
        }
        try #require(didStart)
        return outcome
    }

    private func send(_ text: String) {
        _ = write(source.writeEnd, text, text.utf8.count)
    }

    /// Waits for as many bytes as the text has.
    private func receive(_ text: String) -> Bool {
        var bytes: [UInt8] = []
        while bytes.count < text.utf8.count {
            var chunk = [UInt8](repeating: 0, count: text.utf8.count - bytes.count)
            let count = read(target.readEnd, &chunk, chunk.count)
            guard count > 0 else { return false }
            bytes += chunk.prefix(count)
        }
        return bytes == Array(text.utf8)
    }

    @Test func `it copies until the end of the stream, without the secrets`() throws {
        let outcome = try startFilter()
        send("a pul-0123456789")
        send("abcdef b")
        source.closeWriteEnd()
        #expect(outcome.wait() == .success(.ended))
        #expect(receive("a *** b"))
    }

    @Test func `a short tail is shown though nothing follows, a long one when the next byte comes`() throws {
        let outcome = try startFilter()
        send("prompt pul")
        #expect(receive("prompt pul"))
        send("-0123")
        send("!")
        #expect(receive("-0123!"))
        source.closeWriteEnd()
        #expect(outcome.wait() == .success(.ended))
    }

    @Test func `a secret that is added is hidden in the next chunk, together with what is held`() throws {
        let outcome = try startFilter()
        send("pul-fedcba98 pul-01234567")
        #expect(receive("pul-fedcba98 "))
        secrets.add(Secret("pul-01234567fedcba98"))
        secrets.add(Secret("pul-fedcba98"))
        send("fedcba98 pul-fedcba98!")
        #expect(receive("*** ***!"))
        source.closeWriteEnd()
        #expect(outcome.wait() == .success(.ended))
    }

    @Test func `at the end the tail is shown`() throws {
        let outcome = try startFilter()
        send("pul-0123456789")
        source.closeWriteEnd()
        #expect(outcome.wait() == .success(.ended))
        #expect(receive("pul-0123456789"))
    }

    @Test(arguments: [false, true])
    func `when it is told to stop, what is there already is copied`(isNonblocking: Bool) throws {
        if isNonblocking { try #require(fcntl(source.readEnd, F_SETFL, O_NONBLOCK) == 0) }
        send("there already, pul-0123456789abcdef and pul-0")
        stop.closeWriteEnd()
        // Somebody still has the other end of the stream open.
        let outcome = try startFilter()
        #expect(receive("there already, *** and pul-0"))
        #expect(outcome.wait() == .success(.stopped))
    }

    @Test func `it stops although somebody writes on and on`() throws {
        signal(SIGPIPE, SIG_IGN)
        try #require(fcntl(source.readEnd, F_SETFL, O_NONBLOCK) == 0)
        let (output, input) = (source.writeEnd, target.readEnd)
        let (written, drained) = (Outcome(try PipeEnds()), Outcome(try PipeEnds()))
        try #require(
            startThread {
                let chunk = [UInt8](repeating: 0x61, count: 1 << 16)
                while write(output, chunk, chunk.count) > 0 {}
                written.set(.success(.ended))
            }
        )
        try #require(
            startThread {
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                while read(input, &chunk, chunk.count) > 0 {}
                drained.set(.success(.ended))
            }
        )
        let outcome = try startFilter()
        stop.closeWriteEnd()
        #expect(outcome.wait() == .success(.stopped))
        source.closeReadEnd()
        target.closeWriteEnd()
        // Before their descriptors are another test's.
        #expect(written.wait() == .success(.ended))
        #expect(drained.wait() == .success(.ended))
    }

    @Test func `a reader that is gone is told as EPIPE`() throws {
        signal(SIGPIPE, SIG_IGN)
        target.closeReadEnd()
        let outcome = try startFilter()
        send("nobody reads this")
        #expect(outcome.wait() == .failure(FileError(.write, "the pipe", code: EPIPE)))
    }

    @Test func `a source that cannot be read is told of`() throws {
        let folder = open("/", O_RDONLY)
        defer { close(folder) }
        var filter = OutputFilter(
            reading: folder,
            named: "the test",
            isTerminal: false,
            to: StandardStream(descriptor: target.writeEnd, name: "the pipe"),
            hiding: secrets,
            clock: .system
        )
        let result = Result { () throws(FileError) in try filter.copy(stop: -1, interruption: -1) }
        #expect(result == .failure(FileError(.read, "the test", code: EISDIR)))
    }

    /// Nothing is mapped at the address 0, which the system tells as it tells of a disk that fails.
    @Test(arguments: [false, true])
    func `an input error ends a terminal, and is an error of anything else`(isTerminal: Bool) throws {
        let memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        defer { close(memory) }
        var filter = OutputFilter(
            reading: memory,
            named: "the test",
            isTerminal: isTerminal,
            to: StandardStream(descriptor: target.writeEnd, name: "the pipe"),
            hiding: secrets,
            clock: .system
        )
        let result = Result { () throws(FileError) in try filter.copy(stop: -1, interruption: -1) }
        #expect(result == (isTerminal ? .success(.ended) : .failure(FileError(.read, "the test", code: EIO))))
    }

    @Test func `after an interruption nothing more is copied`() throws {
        send("never shown")
        stop.closeWriteEnd()
        var filter = OutputFilter(
            reading: source.readEnd,
            named: "the test",
            isTerminal: false,
            to: StandardStream(descriptor: target.writeEnd, name: "the pipe"),
            hiding: secrets,
            clock: .system
        )
        let ending = try filter.copy(stop: -1, interruption: stop.readEnd)
        #expect(ending == .interrupted)
        target.closeWriteEnd()
        #expect(!receive("n"))
    }
}

/// The result of a filter on another thread.
private final class Outcome: @unchecked Sendable {
    private let done: PipeEnds
    // The end of a pipe orders the two threads too, but the thread sanitizer does not know that.
    private let result = Mutex<Result<OutputFilter.Ending, FileError>?>(nil)

    init(_ done: PipeEnds) {
        self.done = done
    }

    func set(_ result: Result<OutputFilter.Ending, FileError>) {
        self.result.withLock { $0 = result }
        done.closeWriteEnd()
    }

    func wait() -> Result<OutputFilter.Ending, FileError>? {
        var byte: UInt8 = 0
        _ = read(done.readEnd, &byte, 1)
        return result.withLock { $0 }
    }
}
