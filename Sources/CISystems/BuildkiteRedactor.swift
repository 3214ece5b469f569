package import HostSystem
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The redactor of Buildkite's agent, which is told by a program what to mask. https://buildkite.com/docs/agent/cli/reference/redactor
package struct BuildkiteRedactor: Sendable {
    /// Shorter values are refused by the agent.
    static let shortestValue = 6
    /// The longest that the agent may take.
    private static let timeout: Duration = .seconds(10)
    /// What fits into a pipe before anybody reads from it.
    private static let pipeCapacity = 60_000

    let program: String
    let environment: Environment

    package init(program: String, environment: Environment) {
        self.program = program
        self.environment = environment
    }

    /// Adds the values, by standard input; returns those that the agent cannot mask.
    ///
    /// - Parameter budget: when it is over, or a signal asks to stop, the program is ended.
    package func add(_ forms: [Secret], budget: TimeBudget) throws(ExportError) -> [Secret] {
        let maskable = forms.filter(isMaskable)
        guard !maskable.isEmpty else { return forms }
        let message = jsonObject(of: maskable)
        guard message.count <= Self.pipeCapacity else { throw failure("too many values") }
        let child = try start(reading: message)
        try waitForSuccess(of: child, budget.within(Self.timeout))
        return forms.filter { !maskable.contains($0) }
    }

    private func isMaskable(_ form: Secret) -> Bool {
        form.count >= Self.shortestValue && form.reveal { isValidUTF8($0) && !$0.contains(0) }
    }

    private func failure(_ reason: String) -> ExportError {
        .redactorFailed(program: program, reason: reason)
    }

    private func failure(_ code: Int32) -> ExportError {
        failure(String(cString: strerror(code)))
    }
}

extension BuildkiteRedactor {
    /// `{"0":"…","1":"…"}`.
    private func jsonObject(of values: [Secret]) -> Secret {
        Secret { sink in
            for (index, value) in values.enumerated() {
                sink.append("\(index == 0 ? "{" : ",")\"\(index)\":\"")
                sink.append(value, escape: appendJSON)
                sink.append("\"")
            }
            sink.append("}\n")
        }
    }

    private func appendJSON(_ byte: UInt8, to sink: inout WipedBuffer) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            sink.append("\\")
            sink.append(byte)
        case 0..<0x20:
            sink.append("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
        default: sink.append(byte)
        }
    }

    /// The whole message waits in the pipe when the program starts, so no write can block or meet a closed end.
    private func start(reading message: Secret) throws(ExportError) -> pid_t {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure(errno) }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let written = message.reveal { write(ends[1], $0.baseAddress, $0.count) }
        let code = errno
        close(ends[1])
        guard written == message.count else { throw failure(code) }
        return try spawn(standardInput: ends[0])
    }

    private func spawn(standardInput: Int32) throws(ExportError) -> pid_t {
        var child: pid_t = 0
        let code = withSpawnSettings(standardInput: standardInput) { actions, attributes in
            CStrings([program, "redactor", "add", "--format", "json"]).withList { arguments in
                CStrings(childEnvironment).withList { environment in
                    posix_spawn(&child, program, actions, attributes, arguments, environment)
                }
            }
        }
        guard code == 0 else { throw failure(code) }
        return child
    }

    /// What the agent's program needs, and no credential of ours.
    private var childEnvironment: [String] {
        environment.names
            .filter { $0.hasPrefix("BUILDKITE") || ["HOME", "PATH", "TMPDIR"].contains($0) }
            .map { "\($0)=\(environment[$0] ?? "")" }
    }

    private func waitForSuccess(of child: pid_t, _ budget: TimeBudget) throws(ExportError) {
        var status: Int32 = 0
        while true {
            let found = waitpid(child, &status, WNOHANG)
            if found == child { break }
            guard found == 0 || errno == EINTR else { throw failure(errno) }
            let isInterrupted = budget.isInterrupted
            guard !isInterrupted, !budget.isOver else {
                kill(child, SIGKILL)
                waitpid(child, &status, 0)
                throw failure(isInterrupted ? "given up because of a signal" : "no end in sight")
            }
            budget.sleep(for: .milliseconds(2))
        }
        guard status == 0 else {
            throw failure(status & 0x7F == 0 ? "exit code \(status >> 8 & 0xFF)" : "signal \(status & 0x7F)")
        }
    }
}

#if canImport(Darwin)
private typealias SpawnActions = posix_spawn_file_actions_t?
private typealias SpawnAttributes = posix_spawnattr_t?
#else
private typealias SpawnActions = posix_spawn_file_actions_t
private typealias SpawnAttributes = posix_spawnattr_t
#endif

/// No output; all signals as a program expects them, whatever this process has blocked.
private func withSpawnSettings(
    standardInput: Int32,
    _ body: (UnsafePointer<SpawnActions>, UnsafePointer<SpawnAttributes>) -> Int32
) -> Int32 {
    #if canImport(Darwin)
    var actions: SpawnActions, attributes: SpawnAttributes
    #else
    var actions = SpawnActions(), attributes = SpawnAttributes()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    return body(&actions, &attributes)
}
