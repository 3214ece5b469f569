internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A program that a test runs beside itself; it ends with its last reference at the latest.
package final class ChildProcess {
    /// How a program ended, and what it had said.
    package struct Ending: Equatable, Sendable {
        /// 128 and the number of the signal that ended it, as in a shell.
        package var status: Int32
        /// Standard output, without the lines that were read before.
        package var output: String
        package var errors: String

        package init(status: Int32, output: String, errors: String) {
            (self.status, self.output, self.errors) = (status, output, errors)
        }
    }

    package let id: Int32
    private var input: Int32
    private var output: PipeReader
    private var errors: PipeReader
    private var isReaped = false

    /// Starts a program; its standard input is a pipe.
    ///
    /// - Parameters:
    ///   - words: the program, by path or by name, and its arguments.
    ///   - environment: all that it gets beside `PATH`.
    package init(_ words: [String], environment: [String: String] = [:]) throws {
        let (childInput, parentInput) = try makePipe()
        let (parentOutput, childOutput) = try makePipe()
        let (parentErrors, childErrors) = try makePipe()
        defer { for end in [childInput, childOutput, childErrors] { close(end) } }
        input = parentInput
        output = PipeReader(descriptor: parentOutput)
        errors = PipeReader(descriptor: parentErrors)
        id = try spawn(words, environment, [(childInput, 0), (childOutput, 1), (childErrors, 2)])
    }

    deinit {
        if !isReaped {
            kill(id, SIGKILL)
            _ = reap()
        }
        if input >= 0 { close(input) }
        output.close()
        errors.close()
    }

    /// The next line of standard output, without its end; nil when there is none any more.
    package func nextLine() -> String? { output.nextLine() }

    /// Writes to standard input, as far as the program takes it.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = writeBytes(input, bytes, bytes.count)
    }

    package func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    package func send(_ signal: Int32) { kill(id, signal) }

    /// Waits for the end; standard input stays open unless it was closed.
    ///
    /// What says nothing and does not end for half a minute is killed, so that a test fails rather than hangs.
    package func waitForEnd() -> Ending {
        guard let said = output.rest(), let complained = errors.rest() else {
            send(SIGKILL)
            return Ending(status: reap(), output: "", errors: "killed, because it did not end")
        }
        return Ending(status: reap(), output: said, errors: complained)
    }

    /// Runs a program to its end.
    package static func run(_ words: [String], environment: [String: String] = [:]) throws -> Ending {
        let child = try ChildProcess(words, environment: environment)
        child.closeInput()
        return child.waitForEnd()
    }

    private func reap() -> Int32 {
        isReaped = true
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            guard errno == EINTR else { return -1 }
        }
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }
}

/// Reads a pipe by lines or to its end.
private struct PipeReader {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var hasTimedOut = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    mutating func nextLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            guard fill() else { return nil }
        }
    }

    /// Everything up to the end; nil when that did not come.
    mutating func rest() -> String? {
        while fill() {}
        defer { buffer = [] }
        return hasTimedOut ? nil : String(decoding: buffer, as: UTF8.self)
    }

    func close() {
        closeDescriptor(descriptor)
    }

    private mutating func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            hasTimedOut = poll(&watched, 1, 30_000) == 0
            guard !hasTimedOut else { return false }
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            buffer += chunk.prefix(max(0, count))
            return count > 0
        }
    }
}

private func makePipe() throws -> (readEnd: Int32, writeEnd: Int32) {
    var (readEnd, writeEnd): (Int32, Int32) = (-1, -1)
    let code = platform_pipe(&readEnd, &writeEnd)
    guard code == 0 else { throw SandboxError("pipe", code: code) }
    return (readEnd, writeEnd)
}

/// - Parameter descriptors: what of ours becomes which number there.
private func spawn(
    _ words: [String],
    _ environment: [String: String],
    _ descriptors: [(ours: Int32, theirs: Int32)]
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (ours, theirs) in descriptors { posix_spawn_file_actions_adddup2(&actions, ours, theirs) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What this process ignores or blocks is nothing that the program asked for.
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let path = getenv("PATH").map { "PATH=\(String(cString: $0))" } ?? "PATH=/usr/bin:/bin"
    let variables = environment.map { "\($0.key)=\($0.value)" }
    var id = pid_t()
    let code = withCStrings(words) { arguments in
        withCStrings([path] + variables) { environment in
            posix_spawnp(&id, words.first ?? "", &actions, &attributes, arguments, environment)
        }
    }
    guard code == 0 else { throw SandboxError("posix_spawn of \(words.first ?? "")", code: code) }
    return id
}

/// The texts as C's list of strings, which a null pointer ends.
private func withCStrings<Result>(
    _ texts: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let strings = texts.map { strdup($0) }
    defer { for string in strings { free(string) } }
    return body(strings + [nil])
}
