#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How a program ended, and what it said.
package struct Outcome: Equatable, Sendable {
    /// Its exit code, or 128 and the number of the signal that ended it.
    package var status: Int32
    package var output: String
    package var error: String

    /// Both streams, for a look at everything that a log could show.
    package var log: String { output + error }
}

/// A program under way.
package final class RunningProgram {
    package let process: Int32
    private let input: Int32
    private let output: Int32
    private let error: Int32
    private var text: ArraySlice<UInt8>
    private var outputBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []
    private var isOutputOpen = true
    private var isErrorOpen = true
    private var isInputOpen = true
    private var status: Int32?

    init(process: pid_t, input: Int32, output: Int32, error: Int32, text: [UInt8]) {
        (self.process, self.input, self.output, self.error, self.text) = (process, input, output, error, text[...])
        for descriptor in [input, output, error] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
    }

    deinit {
        if status == nil {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        closeInput()
        if isOutputOpen { close(output) }
        if isErrorOpen { close(error) }
    }

    /// What it has written so far.
    package var outputSoFar: String { String(decoding: outputBytes, as: UTF8.self) }
    package var errorSoFar: String { String(decoding: errorBytes, as: UTF8.self) }

    package func signal(_ number: Int32) {
        kill(process, number)
    }

    /// Reads on until a condition holds; false when both streams ended before.
    @discardableResult
    package func read(until isEnough: (RunningProgram) -> Bool) -> Bool {
        while !isEnough(self) {
            guard isOutputOpen || isErrorOpen else { return false }
            exchange()
        }
        return true
    }

    /// Waits for the end of the program and of its output, which others may still hold open.
    package func wait() throws -> Outcome {
        read { _ in false }
        return waitForExit()
    }

    /// Waits for the end of the program alone; `wait` afterwards waits for those that it started.
    package func waitForExit() -> Outcome {
        closeInput()
        if status == nil {
            var raw: Int32 = 0
            while waitpid(process, &raw, 0) < 0 && errno == EINTR {}
            status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
        }
        return Outcome(status: status ?? -1, output: outputSoFar, error: errorSoFar)
    }

    /// Takes and gives what is possible; waits when nothing is.
    private func exchange() {
        var watched = [
            pollfd(fd: isOutputOpen ? output : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isErrorOpen ? error : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isInputOpen && !text.isEmpty ? input : -1, events: Int16(POLLOUT), revents: 0),
        ]
        if isInputOpen && text.isEmpty { closeInput() }
        poll(&watched, 3, -1)
        if watched[0].revents != 0, !take(output, &outputBytes) {
            isOutputOpen = false
            close(output)
        }
        if watched[1].revents != 0, !take(error, &errorBytes) {
            isErrorOpen = false
            close(error)
        }
        if watched[2].revents != 0 { give() }
    }

    private func take(_ descriptor: Int32, _ bytes: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(descriptor, &chunk, chunk.count)
        if count > 0 { bytes += chunk[..<count] }
        return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }

    private func give() {
        let count = text.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count > 0 { text = text.dropFirst(count) }
        if count < 0 && errno != EAGAIN && errno != EINTR { text = [] }
        if text.isEmpty { closeInput() }
    }

    private func closeInput() {
        guard isInputOpen else { return }
        isInputOpen = false
        close(input)
    }
}
