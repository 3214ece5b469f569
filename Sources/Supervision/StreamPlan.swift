internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What the three standard descriptors are that we were started with.
package struct StandardStreams: Equatable, Sendable {
    /// Of standard input, output and error: whether a command would inherit it; one that was closed stays closed.
    package var isOpen = [true, true, true]
    package var isTerminal = [false, false, false]
    /// Whether input and output are one terminal.
    package var isOneTerminal = false
    /// Whether we are in the foreground at the terminal of standard input.
    package var isForeground = false
    /// Whether output and error lead to the same file, as after `2>&1`.
    package var isOneOutput = false
    /// The other descriptors that a command inherits and can write to, and that lead where output does: after `3>&1`.
    package var besideOutput: [Int32] = []
    /// The same of error.
    package var besideError: [Int32] = []

    package init() {}

    /// - Parameter inherited: the descriptors from 3 on with which we were started.
    package static func current(inherited: [Int32] = []) -> StandardStreams {
        var streams = StandardStreams()
        streams.isOpen = (0...2).map { platform_is_inherited($0) != 0 }
        streams.isTerminal = (0...2).map { isatty($0) == 1 }
        streams.isOneTerminal = streams.isTerminal[0] && streams.isTerminal[1] && FileIdentity(0) == FileIdentity(1)
        streams.isForeground = Terminal(descriptor: 0).isOurs
        streams.isOneOutput = streams.isOpen[1] && streams.isOpen[2] && FileIdentity(1) == FileIdentity(2)
        let writable = inherited.filter(isWritableOutput)
        streams.besideOutput = streams.isOpen[1] ? writable.filter { FileIdentity($0) == FileIdentity(1) } : []
        streams.besideError = streams.isOpen[2] ? writable.filter { FileIdentity($0) == FileIdentity(2) } : []
        return streams
    }

    /// Whether what is written to a descriptor may be shown to somebody: not so of `/dev/null`.
    private static func isWritableOutput(_ descriptor: Int32) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, flags & O_ACCMODE != O_RDONLY else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return [S_IFIFO, S_IFREG, S_IFSOCK].contains(status.st_mode & S_IFMT) || isatty(descriptor) == 1
    }
}

/// Which file a descriptor leads to.
private struct FileIdentity: Equatable {
    let device: UInt64
    let number: UInt64

    init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        (device, number) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(status.st_ino))
    }
}

/// Which of the command's descriptors lead through us, and how.
package struct StreamPlan: Equatable, Sendable {
    package enum Route: Equatable, Sendable {
        /// The command gets the very descriptor that we have.
        case inherited
        case pipe
        /// A pseudo-terminal in the place of a terminal.
        case terminal
        /// Standard error on the way of standard output, so that the order between both is kept.
        case withOutput
    }

    package var output = Route.inherited
    package var error = Route.inherited
    /// Whether the pseudo-terminal is the command's controlling terminal and its keyboard: it then has a session of its
    /// own, and we are the only one at the user's terminal.
    package var hasOwnSession = false
    /// Whether the command starts as the foreground group of the user's terminal, like a job of a shell.
    package var takesForeground = false
    /// The command's other descriptors that go the way of its output, so that the order between them is kept.
    package var besideOutput: [Int32] = []
    /// Those that go the way of its error.
    package var besideError: [Int32] = []

    package init(_ streams: StandardStreams, isRedacting: Bool) {
        // In a pipeline others sit at the same terminal: a pager reads its keys, Ctrl-C is for all of them. So there the
        // terminal stays as it is, and only what is shown goes through a pseudo-terminal.
        let isAlone = streams.isOneTerminal && streams.isForeground
        guard isRedacting else {
            takesForeground = isAlone
            return
        }
        hasOwnSession = isAlone
        output = !streams.isOpen[1] ? .inherited : streams.isTerminal[1] ? .terminal : .pipe
        if !streams.isOpen[2] {
            error = .inherited
        } else if streams.isOneOutput {
            error = .withOutput
        } else {
            // Two different terminals are not worth a second pseudo-terminal.
            error = streams.isTerminal[2] && output != .terminal ? .terminal : .pipe
        }
        besideOutput = streams.besideOutput
        besideError = streams.besideError.filter { !streams.besideOutput.contains($0) }
    }

    package var usesTerminal: Bool { output == .terminal || error == .terminal }
}
