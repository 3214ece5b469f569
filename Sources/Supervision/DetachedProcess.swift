internal import CPlatform
package import HostSystem
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A process of ours in a session of its own, which goes on when we are killed, with our group or without it.
///
/// It is our executable once more, with an empty environment, none of our descriptors and standard streams that lead
/// nowhere, so it holds up nobody who waits for an end of ours, and no runner finds it among what a step has left. All
/// that it needs lies in memory that was filled before it was made: either nothing starts, or everything is there.
/// The end of a pipe tells it that we are gone.
package struct DetachedProcess: ~Copyable {
    /// In bytes: what is no longer, with its length before it, is written whole or not at all.
    package static let longestMessage = Int(PIPE_BUF) - 2
    /// How long a process that does not read may hold us up.
    private static let writePatience: Duration = .seconds(1)
    /// How long exec may take to fail.
    private static let execPatience: Duration = .seconds(2)
    /// How long our child may take to end after it was let go.
    private static let endPatience: Duration = .seconds(1)

    package let pid: Int32
    private let line: Descriptor
    /// nil when the process is not our child.
    private let child: ProcessWatch?
    /// Whether what it was given is on no disk.
    private let isInMemory: Bool

    private init(pid: Int32, line: consuming Descriptor, child: consuming ProcessWatch?, isInMemory: Bool) {
        self.pid = pid
        self.line = line
        self.child = child
        self.isInMemory = isInMemory
    }

    /// Starts it, and returns when it has its session and its program.
    ///
    /// - Parameters:
    ///   - words: its command line; the first is what `ps` calls it, the second the role in which it runs.
    ///   - executable: the program; our own, wherever it lies and even when it was removed.
    ///   - contents: what it reads first.
    ///   - inheriting: descriptors of ours that it has from `DetachedContext.firstInherited` on, in this order.
    ///   - outlivesUs: whether it is nobody's child; otherwise it is ours, to be waited for by `reap`.
    /// - Throws: when it cannot be started: without `/proc`, or when the user has no more processes.
    package static func start(
        _ words: [String],
        executable: String = "/proc/self/exe",
        contents: Secret,
        inheriting: [Int32] = [],
        outlivesUs: Bool
    ) throws(FileError) -> DetachedProcess {
        let memory = try Descriptor.memory(holding: contents)
        let line = try PipeEnds()
        let status = try PipeEnds()
        let given = [memory.number, line.readEnd] + inheriting
        guard given.count <= PLATFORM_MOST_DETACHED_DESCRIPTORS else { throw failure(EMFILE) }
        let child = fork(words, executable, given, outlivesUs, status.writeEnd)
        guard child > 0 else { throw failure(errno) }
        status.closeWriteEnd()
        let outcome = Self.outcome(status)
        let isRunning = outcome.code == 0
        let watch = outlivesUs || !isRunning ? nil : ProcessWatch(child: child)
        if outlivesUs || !isRunning { wait(for: child) }
        guard isRunning else { throw failure(outcome.code) }
        _ = platform_set_nonblocking(line.writeEnd)
        let isInMemory = platform_is_in_memory(memory.number) != 0
        return DetachedProcess(pid: outcome.process, line: line.takeWriteEnd(), child: watch, isInMemory: isInMemory)
    }

    /// Tells it something, in one piece; says whether that is certain to be read if it lives.
    ///
    /// Whether it still lives does not matter to us, nor whether it reads.
    @discardableResult
    package borrowing func send(_ message: Secret) -> Bool {
        guard message.count <= Self.longestMessage else { return false }
        var packet = WipedBuffer(capacity: message.count + 2)
        packet.append(UInt8(message.count >> 8))
        packet.append(UInt8(message.count & 0xFF))
        packet.append(message)
        while true {
            let count = write(line.number, packet.start, packet.count)
            if count == packet.count { return true }
            if errno == EINTR { continue }
            var watched = pollfd(fd: line.number, events: Int16(POLLOUT), revents: 0)
            guard errno == EAGAIN, poll(&watched, 1, Self.writePatience.roundedUpToMilliseconds) > 0 else {
                return false
            }
        }
    }

    /// Whether it may be ended at any moment: it is ours to be waited for, and what it was given is on no disk, where it
    /// would have to be wiped.
    package var isDisposable: Bool { child != nil && isInMemory }

    /// Ends it at once, if it still reads what we say: then its number is nobody else's.
    package borrowing func kill() {
        var watched = pollfd(fd: line.number, events: 0, revents: 0)
        guard poll(&watched, 1, 0) == 0 else { return }
        end(pid, SIGKILL)
    }

    /// Lets it go: for it, we are gone.
    package consuming func close() {}

    /// Lets our child go and waits for its end, so that nothing is left of it.
    package consuming func reap() {
        let pid = pid
        guard let child = take() else { return }
        if child.awaitEnd(for: Self.endPatience) { Self.wait(for: pid) }
    }

    /// Closes the line, and keeps what is needed to wait.
    private consuming func take() -> ProcessWatch? { child }

    private static func fork(
        _ words: [String],
        _ executable: String,
        _ given: [Int32],
        _ outlivesUs: Bool,
        _ status: Int32
    ) -> pid_t {
        CStrings(words).withList { arguments in
            withCString(executable.utf8) { executable in
                given.withUnsafeBufferPointer { given in
                    guard let descriptors = given.baseAddress else { preconditionFailure("there are two at least") }
                    var detach = platform_detach(
                        executable: executable,
                        arguments: arguments,
                        descriptors: descriptors,
                        count: Int32(given.count),
                        outlives: outlivesUs ? 1 : 0
                    )
                    return platform_detach_start(&detach, status)
                }
            }
        }
    }

    /// What became of it; with exec, the pipe ends without another word.
    private static func outcome(_ status: PipeEnds) -> platform_detached {
        guard let session = status.read(platform_detached()) else { return platform_detached(process: 0, code: ECHILD) }
        guard session.code == 0 else { return session }
        return status.read(platform_detached(), within: Self.execPatience) ?? session
    }

    private static func wait(for child: pid_t) {
        while waitpid(child, nil, 0) < 0, errno == EINTR {}
    }

    private static func failure(_ code: Int32) -> FileError {
        FileError(.start, "a process in the background", code: code)
    }
}

// Inside the type, `kill` is its own method.
private func end(_ process: pid_t, _ signal: Int32) {
    kill(process, signal)
}

extension Descriptor {
    /// Where unlinked files go when the kernel has no memory files.
    private static let temporaryFolders = ["/dev/shm", "/run", "/tmp", "/var/tmp"]

    /// A file without a name that holds these bytes; no other user can open it.
    package static func memory(holding contents: Secret) throws(FileError) -> Descriptor {
        let number = platform_open_memory()
        let memory = number >= 0 ? Descriptor(owning: number, path: "memory") : try unlinkedFile()
        try contents.reveal { bytes throws(FileError) in try memory.write(bytes) }
        return memory
    }

    /// 0600, and gone with its last descriptor.
    static func unlinkedFile() throws(FileError) -> Descriptor {
        var failure = FileError(.make, "a temporary file", code: ENOENT)
        for folder in temporaryFolders {
            var template = Array("\(folder)/pulumi-token.XXXXXX".utf8CString)
            let number = mkstemp(&template)
            guard number >= 0 else {
                failure = .last(.make, "a temporary file in \(folder)")
                continue
            }
            unlink(template)
            platform_keep_from_children(number, number)
            return Descriptor(owning: number, path: "a temporary file")
        }
        throw failure
    }
}
