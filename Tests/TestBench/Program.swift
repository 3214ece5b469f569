internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A program that a test starts: with exactly this environment, and with its output caught.
package struct Program {
    /// What it finds on standard input.
    package enum Input: Equatable {
        /// So many bytes, then the end.
        case bytes([UInt8])
        /// A pipe that stays open until the test closes it.
        case held

        package static let nothing = Input.bytes([])
    }

    package var path: String
    package var arguments: [String]
    /// Further arguments, byte by byte.
    package var oddArguments: [[UInt8]] = []
    /// All that it gets.
    package var environment: [String: String]
    /// Further entries of the environment, byte by byte.
    package var oddEnvironment: [[UInt8]] = []
    package var input = Input.nothing
    /// Its current folder; nil for that of the test.
    package var folder: String?
    /// Whether it gets a process group of its own, so that a signal can be sent to all of it.
    package var hasOwnGroup = false
    /// Descriptors of this process that it inherits, and under which number.
    package var descriptors: [(here: Int32, there: Int32)] = []
    /// Descriptors from 0 to 2 that are closed.
    package var closed: [Int32] = []

    package static let usualPath = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]

    /// - Parameters:
    ///   - path: absolute, or the name of a program on the usual path.
    ///   - environment: all that it gets.
    package init(_ path: String, _ arguments: [String] = [], environment: [String: String] = Self.usualPath) {
        self.path = path.hasPrefix("/") ? path : Self.find(path)
        self.arguments = arguments
        self.environment = environment
    }

    package var exists: Bool { access(path, X_OK) == 0 }

    /// Runs it to its end.
    package func run() throws -> Outcome {
        try start().wait()
    }

    package func start() throws -> RunningProgram {
        let (input, output, error) = (try Pipe(), try Pipe(), try Pipe())
        return RunningProgram(
            process: try spawn([input.readEnd, output.writeEnd, error.writeEnd]),
            name: path,
            hasOwnGroup: hasOwnGroup,
            input: input.takeWriteEnd(),
            output: output.takeReadEnd(),
            error: error.takeReadEnd(),
            text: self.input
        )
    }

    /// Starts it with these descriptors from 0 on; returns its process id, for the caller to wait for.
    package func spawn(_ standard: [Int32]) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (place, end) in standard.enumerated() where !closed.contains(Int32(place)) {
            posix_spawn_file_actions_adddup2(&actions, end, Int32(place))
        }
        for place in closed { posix_spawn_file_actions_addclose(&actions, place) }
        for (here, there) in descriptors { posix_spawn_file_actions_adddup2(&actions, here, there) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process ignores or blocks is nothing that the program asked for.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process: pid_t = 0
        let variables = environment.map { Array("\($0)=\($1)".utf8) } + oddEnvironment
        // A folder is entered by a program that then becomes the other one.
        let words = folder.map { ["/usr/bin/env", "-C", $0, path] } ?? [path]
        let code = withCStrings((words + arguments).map { Array($0.utf8) } + oddArguments) { arguments in
            withCStrings(variables) { posix_spawn(&process, words[0], &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else { throw BenchError("cannot run \(path)", code: code) }
        return process
    }

    private static func find(_ name: String) -> String {
        let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 } ?? "/nowhere/\(name)"
    }
}

/// A null-terminated array of C strings.
private func withCStrings(
    _ strings: [[UInt8]],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
) -> Int32 {
    let copies = strings.map { strdup(($0 + [0]).map { CChar(bitPattern: $0) }) }
    defer { for copy in copies { free(copy) } }
    return (copies + [nil]).withUnsafeBufferPointer { $0.baseAddress.map(body) ?? EINVAL }
}
