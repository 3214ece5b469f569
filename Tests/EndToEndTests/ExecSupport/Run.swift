import CPlatform
import Glibc

/// What a process is started with.
struct Launch {
    var words: [[UInt8]]
    /// Entries `NAME=VALUE`, byte by byte.
    var environment: [[UInt8]]
    /// Bytes for standard input, which then ends; nil for a pipe that the test writes to and closes.
    var input: [UInt8]? = []
    /// Descriptors of this process that it inherits, and under which number.
    var descriptors: [(here: Int32, there: Int32)] = []
    /// Descriptors from 0 to 2 that are closed.
    var closed: [Int32] = []
    init(_ words: [String], environment: [String: String]) {
        self.words = words.map { Array($0.utf8) }
        self.environment = environment.map { Array("\($0)=\($1)".utf8) }
    }

    mutating func set(_ name: String, _ value: String) {
        environment.removeAll { $0.starts(with: Array((name + "=").utf8)) }
        environment.append(Array("\(name)=\(value)".utf8))
    }

    mutating func unset(_ name: String) {
        environment.removeAll { $0.starts(with: Array((name + "=").utf8)) }
    }
}

/// A process under test, with pipes to its standard streams and a process group of its own.
final class Run {
    /// How it ended, and all that it wrote.
    struct Result {
        var status: Int32
        var output: [UInt8]
        var error: [UInt8]

        var text: String { String(decoding: output, as: UTF8.self) }
        var errorText: String { String(decoding: error, as: UTF8.self) }
        /// As a shell has it.
        var code: Int32 { status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F }
    }

    /// The most that anything here may take, in milliseconds, before the test fails.
    static let limit: Int32 = 60_000

    let pid: pid_t
    private(set) var output: [UInt8] = []
    private(set) var error: [UInt8] = []
    private var input: Int32
    private var sources: [Int32]
    private var status: Int32?

    init(_ launch: Launch) throws {
        let pipes = (try makePipe(), try makePipe(), try makePipe())
        pid = try spawn(launch, [pipes.0.read, pipes.1.write, pipes.2.write])
        for end in [pipes.0.read, pipes.1.write, pipes.2.write] { close(end) }
        sources = [pipes.1.read, pipes.2.read]
        input = pipes.0.write
        if let bytes = launch.input {
            send(bytes)
            closeInput()
        }
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            kill(-pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        closeInput()
        for source in sources where source >= 0 { close(source) }
    }

    // MARK: Telling

    func send(_ bytes: [UInt8]) {
        _ = write(input, bytes, bytes.count)
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Reads nothing more of standard output, as `head` does when it has enough.
    func closeOutput() {
        close(sources[0])
        sources[0] = -1
    }

    // MARK: Waiting

    /// Whether nobody has the other end of standard input open; waits until it is so.
    var inputIsBroken: Bool {
        var watched = pollfd(fd: input, events: 0, revents: 0)
        return poll(&watched, 1, Self.limit) > 0 && watched.revents & Int16(POLLERR) != 0
    }

    /// Reads until standard output holds a text.
    func await(_ text: String) throws {
        try read { contains($0.output, text) }
    }

    /// Reads until standard error holds a text.
    func awaitError(_ text: String) throws {
        try read { contains($0.error, text) }
    }

    /// Reads until standard output ends.
    func awaitEndOfOutput() throws {
        try read { $0.sources[0] < 0 }
    }

    /// Reads until both streams end, then waits for the process.
    func result() throws -> Result {
        try read { $0.sources.allSatisfy { $0 < 0 } }
        return Result(status: try wait(), output: output, error: error)
    }

    /// Waits for the process only.
    func wait() throws -> Int32 {
        if let status { return status }
        var value: Int32 = 0
        for _ in 0..<Self.limit / 5 {
            if waitpid(pid, &value, WNOHANG) == pid {
                status = value
                return value
            }
            poll(nil, 0, 5)
        }
        throw failure("it does not end")
    }

    /// Waits until the process is stopped; by which signal.
    func waitUntilStopped() throws -> Int32 {
        var value: Int32 = 0
        for _ in 0..<Self.limit / 5 {
            if waitpid(pid, &value, WNOHANG | WUNTRACED) == pid {
                guard value & 0xFF == 0x7F else { throw failure("it ended") }
                return value >> 8 & 0xFF
            }
            poll(nil, 0, 5)
        }
        throw failure("it is not stopped")
    }

    private func read(until condition: (Run) -> Bool) throws {
        while !condition(self) {
            var watched = sources.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard sources.contains(where: { $0 >= 0 }) else { throw failure("it ended before") }
            guard poll(&watched, 2, Self.limit) > 0 else { throw failure("nothing came") }
            for index in watched.indices where watched[index].revents != 0 { take(index) }
        }
    }

    private func take(_ index: Int) {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(sources[index], &chunk, chunk.count)
        guard count > 0 else {
            close(sources[index])
            sources[index] = -1
            return
        }
        if index == 0 { output += chunk.prefix(count) } else { error += chunk.prefix(count) }
    }

    private func failure(_ what: String) -> TestFailure {
        let shown = [output, error].map { String(decoding: $0.suffix(2000), as: UTF8.self) }
        return TestFailure("\(what); output: \(shown[0]); errors: \(shown[1])")
    }
}

func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: (read: Int32, write: Int32) = (-1, -1)
    guard platform_pipe(&ends.read, &ends.write) == 0 else { throw TestFailure("no pipe") }
    return ends
}

func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard bytes.count >= wanted.count else { return false }
    return (0...bytes.count - wanted.count).contains { bytes[$0...].starts(with: wanted) }
}

private func spawn(_ launch: Launch, _ standard: [Int32]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (place, end) in standard.enumerated() where !launch.closed.contains(Int32(place)) {
        posix_spawn_file_actions_adddup2(&actions, end, Int32(place))
    }
    for place in launch.closed { posix_spawn_file_actions_addclose(&actions, place) }
    for (here, there) in launch.descriptors { posix_spawn_file_actions_adddup2(&actions, here, there) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let lists = [launch.words, launch.environment].map { $0.map(duplicate) + [nil] }
    defer { for string in lists.joined() { free(string) } }
    var pid: pid_t = 0
    let path = String(decoding: launch.words[0], as: UTF8.self)
    let code = posix_spawn(&pid, path, &actions, &attributes, lists[0], lists[1])
    guard code == 0 else { throw TestFailure("cannot start: \(String(cString: strerror(code)))") }
    return pid
}

private func duplicate(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
    (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { $0.baseAddress.flatMap { strdup($0) } }
}
