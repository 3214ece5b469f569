#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A program under way; it ends with the last reference to it at the latest.
package final class RunningProgram {
    /// The longest that a test waits for something to happen, in milliseconds: it fails then rather than hangs.
    package static let patience: Int32 = 60_000

    package let process: Int32
    private let name: String
    private let hasOwnGroup: Bool
    private var input: Int32
    private var output: Stream
    private var error: Stream
    private var unsent: ArraySlice<UInt8> = []
    private var isInputHeld = false
    private var status: Int32?

    init(
        process: pid_t,
        name: String,
        hasOwnGroup: Bool,
        input: Int32,
        output: Int32,
        error: Int32,
        text: Program.Input
    ) {
        (self.process, self.name, self.hasOwnGroup, self.input) = (process, name, hasOwnGroup, input)
        self.output = Stream(descriptor: output)
        self.error = Stream(descriptor: error)
        ignoreBrokenPipes()
        _ = fcntl(input, F_SETFL, fcntl(input, F_GETFL) | O_NONBLOCK)
        switch text {
        case .bytes([]): closeInput()
        case .bytes(let bytes): unsent = bytes[...]
        case .held: isInputHeld = true
        }
    }

    deinit {
        if status == nil {
            kill()
            waitpid(process, nil, 0)
        }
        closeInput()
        closeOutput()
        error.close()
    }

    // MARK: What it says

    /// What it has written so far.
    package var outputBytes: [UInt8] { output.bytes }
    package var errorBytes: [UInt8] { error.bytes }
    package var outputSoFar: String { String(decoding: output.bytes, as: UTF8.self) }
    package var errorSoFar: String { String(decoding: error.bytes, as: UTF8.self) }

    /// Reads on until a condition holds.
    ///
    /// - Throws: when both streams ended before, or nothing came for longer than `patience`.
    package func read(until isEnough: (RunningProgram) -> Bool) throws {
        while !isEnough(self) {
            guard output.isOpen || error.isOpen else { throw complaint("ended too early") }
            guard exchange() else { throw complaint("says nothing") }
        }
    }

    /// Reads until standard output holds a text.
    package func await(_ text: String) throws {
        try read { $0.output.bytes.contains(Array(text.utf8)) }
    }

    /// Reads until standard error holds a text.
    package func awaitError(_ text: String) throws {
        try read { $0.error.bytes.contains(Array(text.utf8)) }
    }

    /// Reads until standard output ends.
    package func awaitEndOfOutput() throws {
        try read { !$0.output.isOpen }
    }

    /// Reads until nobody holds standard output or standard error any more.
    package func awaitEndOfStreams() throws {
        while output.isOpen || error.isOpen {
            guard exchange() else { throw complaint("says nothing") }
        }
    }

    /// The next line of standard output, without its end; nil when there is none any more.
    package func nextLine() throws -> String? {
        try read { !$0.output.isOpen || $0.output.hasLine }
        return output.nextLine()
    }

    /// Reads nothing more of standard output, as `head` does when it has enough.
    package func closeOutput() { output.close() }

    // MARK: What it is told

    /// Writes to its standard input, as far as it takes it.
    package func send(_ bytes: [UInt8]) {
        unsent += bytes
        while input >= 0, !unsent.isEmpty {
            var writable = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
            guard poll(&writable, 1, Self.patience) > 0 else { return }
            give()
        }
    }

    package func send(_ text: String) { send(Array(text.utf8)) }

    package func closeInput() {
        isInputHeld = false
        if input >= 0 { close(input) }
        input = -1
    }

    /// Waits until nobody has the other end of standard input open; false when somebody keeps it.
    package var inputIsBroken: Bool {
        var watched = pollfd(fd: input, events: 0, revents: 0)
        return poll(&watched, 1, Self.patience) > 0 && watched.revents & Int16(POLLERR) != 0
    }

    package func signal(_ number: Int32) {
        Self.deliver(process, number)
    }

    /// Sends a signal to its group, and so to what it has started.
    package func signalGroup(_ number: Int32) {
        Self.deliver(-process, number)
    }

    private func kill() {
        signal(SIGKILL)
        if hasOwnGroup { signalGroup(SIGKILL) }
    }

    // MARK: How it ends

    /// Waits for the end of the program and of its output, which others may still hold open.
    package func wait() throws -> Outcome {
        while output.isOpen || error.isOpen {
            guard exchange() else { throw complaint("says nothing and does not end") }
        }
        return try waitForExit()
    }

    /// Waits for the end of the program alone; `wait` afterwards waits for those that it started.
    package func waitForExit() throws -> Outcome {
        let raw = try status ?? change(WNOHANG)
        status = raw
        let signal = raw & 0x7F
        return Outcome(
            status: signal == 0 ? raw >> 8 & 0xFF : 128 + signal,
            signal: signal == 0 ? nil : signal,
            outputBytes: output.bytes,
            errorBytes: error.bytes
        )
    }

    /// Waits until the program is stopped; by which signal.
    package func waitUntilStopped() throws -> Int32 {
        let raw = try change(WNOHANG | WUNTRACED)
        guard raw & 0xFF == 0x7F else {
            status = raw
            throw complaint("ended")
        }
        return raw >> 8 & 0xFF
    }

    /// The next change of its state, as `waitpid` codes it.
    private func change(_ flags: Int32) throws -> Int32 {
        var raw: Int32 = 0
        // The kernel offers no wait with a limit that other children of this process do not disturb.
        for _ in 0..<Self.patience / 2 {
            if waitpid(process, &raw, flags) == process { return raw }
            poll(nil, 0, 2)
        }
        throw complaint("does not end")
    }

    private func complaint(_ what: String) -> BenchError {
        kill()
        let shown = [output, error].map { String(decoding: $0.bytes.suffix(2000), as: UTF8.self) }
        return BenchError("\(name) \(what); output: \(shown[0]); errors: \(shown[1])")
    }

    // MARK: Moving bytes

    /// Takes and gives what is possible; waits when nothing is.
    ///
    /// False after `patience` without anything.
    private func exchange() -> Bool {
        var watched = [
            pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: error.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: unsent.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
        ]
        let count = poll(&watched, 3, Self.patience)
        guard count > 0 else { return count < 0 && errno == EINTR }
        if watched[0].revents != 0 { output.fill() }
        if watched[1].revents != 0 { error.fill() }
        if watched[2].revents != 0 { give() }
        return true
    }

    private func give() {
        let count = unsent.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count > 0 { unsent = unsent.dropFirst(count) }
        if count < 0 && errno != EAGAIN && errno != EINTR { unsent = [] }
        if unsent.isEmpty && !isInputHeld { closeInput() }
    }
}

extension RunningProgram {
    // Inside the class, its own methods hide the system's functions.
    private static func deliver(_ target: pid_t, _ number: Int32) {
        _ = sendSignal(target, number)
    }
}

/// A program that ends without having read its input is not the end of the test.
private func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

private func sendSignal(_ target: pid_t, _ number: Int32) -> Int32 { kill(target, number) }

/// What comes out of one of its pipes.
private struct Stream {
    /// -1 after the end.
    private(set) var descriptor: Int32
    private(set) var bytes: [UInt8] = []
    /// How much of it was handed out by lines.
    private var taken = 0

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    var isOpen: Bool { descriptor >= 0 }
    var hasLine: Bool { bytes[taken...].contains(UInt8(ascii: "\n")) }

    mutating func nextLine() -> String? {
        guard taken < bytes.count else { return nil }
        let end = bytes[taken...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        defer { taken = min(end + 1, bytes.count) }
        return String(decoding: bytes[taken..<end], as: UTF8.self)
    }

    /// Reads what is there; blocks when nothing is.
    mutating func fill() {
        let count = bytes.count
        bytes += [UInt8](repeating: 0, count: 1 << 16)
        let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + count }, 1 << 16) }
        let isInterrupted = got < 0 && errno == EINTR
        bytes.removeLast((1 << 16) - max(0, got))
        if got <= 0, !isInterrupted { close() }
    }

    mutating func close() {
        if isOpen { closeDescriptor(descriptor) }
        descriptor = -1
    }
}

private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }
