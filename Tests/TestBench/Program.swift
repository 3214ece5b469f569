internal import Glibc

/// A program to run, its outputs taken whole.
package struct Program {
    package var path: String
    package var arguments: [[UInt8]]
    /// The whole environment: nothing is inherited.
    package var environment: [String: String] = ["PATH": "/usr/bin:/bin"]
    package var input: [UInt8] = []

    package struct Outcome: Equatable {
        /// As a shell counts: 128 and the signal's number for a program that a signal ended.
        package var code: Int32
        package var output: [UInt8]
        package var errors: [UInt8]

        package init(code: Int32, output: [UInt8] = [], errors: [UInt8] = []) {
            self.code = code
            self.output = output
            self.errors = errors
        }

        package var text: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errors, as: UTF8.self) }
    }

    package struct Failure: Error {
        var code: Int32
    }

    /// - Parameter path: absolute, or a name to be found in `/usr/bin` or `/bin`.
    package init(_ path: String, _ arguments: [String] = []) {
        self.path = path.contains("/") ? path : "/usr/bin/" + path
        if access(self.path, X_OK) != 0, !path.contains("/") { self.path = "/bin/" + path }
        self.arguments = arguments.map { Array($0.utf8) }
    }

    package var exists: Bool { access(path, X_OK) == 0 }

    /// Runs it to its end.
    package func run() throws -> Outcome {
        // Files take any amount without a reader.
        let files = try (0..<3).map { _ in try nameless() }
        defer { for file in files { close(file) } }
        guard write(files[0], input, input.count) == input.count, lseek(files[0], 0, SEEK_SET) == 0 else {
            throw Failure(code: errno)
        }
        let status = try wait(for: spawn(files))
        for file in files { lseek(file, 0, SEEK_SET) }
        return Outcome(
            code: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F),
            output: readAll(from: files[1]) ?? [],
            errors: readAll(from: files[2]) ?? []
        )
    }

    /// Starts it with the three standard descriptors; returns its process id.
    package func spawn(_ descriptors: [Int32]) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // The test process ignores SIGPIPE; a program expects to die of it.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
        var child: pid_t = 0
        let variables = environment.map { Array("\($0.key)=\($0.value)".utf8) }
        let code = withCStrings([Array(path.utf8)] + arguments) { arguments in
            withCStrings(variables) { posix_spawn(&child, path, &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else { throw Failure(code: code) }
        return child
    }

    private func wait(for child: Int32) throws -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw Failure(code: errno) }
        }
        return status
    }

    private func nameless() throws -> Int32 {
        var template = Array("/tmp/scratch-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return descriptor
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
