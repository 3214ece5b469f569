internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A program that a test starts: with exactly this environment, and with its output caught.
package struct Program {
    package var path: String
    package var arguments: [String]
    package var environment: [String: String]
    /// What it reads on standard input; nil for nothing at all.
    package var input: [UInt8]?
    /// Its current folder; nil for that of the test.
    package var folder: String?
    /// Whether it gets a process group of its own, so that a signal can be sent to all of it.
    package var hasOwnGroup = false

    /// - Parameter path: absolute, or the name of a program on the usual path.
    package init(_ path: String, _ arguments: [String] = [], environment: [String: String] = [:]) {
        self.path = path.hasPrefix("/") ? path : Self.find(path)
        self.arguments = arguments
        self.environment = environment
    }

    /// Runs it to its end.
    package func run() throws -> Outcome {
        try start().wait()
    }

    package func start() throws -> RunningProgram {
        let (input, output, error) = (try Pipe(), try Pipe(), try Pipe())
        let process = try spawn(standardInput: input.readEnd, output: output.writeEnd, error: error.writeEnd)
        for end in [input.readEnd, output.writeEnd, error.writeEnd] { close(end) }
        return RunningProgram(
            process: process,
            input: input.writeEnd,
            output: output.readEnd,
            error: error.readEnd,
            text: self.input ?? []
        )
    }

    private func spawn(standardInput: Int32, output: Int32, error: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, number) in [(standardInput, 0), (output, 1), (error, 2)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        if hasOwnGroup { flags |= Int16(POSIX_SPAWN_SETPGROUP) }
        posix_spawnattr_setflags(&attributes, flags)

        var process: pid_t = 0
        // A folder is entered by a program that then becomes the other one.
        let words = folder.map { ["/usr/bin/env", "-C", $0, path] } ?? [path]
        let code = withCStrings(words + arguments) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&process, words[0], &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw ProgramError(path: path, code: code) }
        return process
    }

    private static func find(_ name: String) -> String {
        let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 } ?? "/nowhere/\(name)"
    }
}

/// A program that could not be started.
package struct ProgramError: Error, CustomStringConvertible {
    package var path: String
    /// An errno value.
    package var code: Int32
    package var description: String { "cannot run \(path): \(String(cString: strerror(code)))" }
}

private struct Pipe {
    var readEnd: Int32 = -1
    var writeEnd: Int32 = -1

    init() throws {
        let code = platform_pipe(&readEnd, &writeEnd)
        guard code == 0 else { throw ProgramError(path: "pipe", code: code) }
    }
}

private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { preconditionFailure("an array with an element has an address") }
        return body(start)
    }
}
