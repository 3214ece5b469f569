package import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How a command ended.
package enum CommandEnding: Equatable, Sendable {
    case exited(Int32)
    /// By the signal of this number.
    case killed(Int32)
}

/// What became of a command that ran.
package struct CommandOutcome: Equatable, Sendable {
    package var ending: CommandEnding
    /// Whether the user pressed Ctrl-C.
    package var wasInterruptedByUser: Bool
    /// Whether it was asked to end, by the system or by a person.
    package var wasCancelled: Bool
    /// Whether its token was revoked while it still ran.
    package var wasRevokedFirst: Bool
    /// What became of what was run for that; nil when nothing was.
    package var cancellation: CancellationOutcome?
    /// Why some of its output is lost; nil when all of it was written, or nobody wanted to read it.
    package var lostOutput: FileError?

    /// The command's own, or what a shell makes of the signal that ended it.
    package var exitCode: ExitCode {
        switch ending {
        case .exited(let code): ExitCode(rawValue: code)
        case .killed(let signal): .ended(by: signal)
        }
    }

    /// Whether it was cancelled and did not get to say its last word.
    package var wasTornOff: Bool {
        guard wasCancelled else { return false }
        if case .killed = ending { return true }
        return wasRevokedFirst
    }

    /// Whether the command did not fail by itself: it could not know that its output is lost.
    package var isDoneButForOutput: Bool { ending == .exited(0) || ending == .killed(SIGPIPE) }

    /// Ends this process by SIGINT where Ctrl-C has ended the command; otherwise returns.
    ///
    /// The exit code is the same for whoever asks. But a shell leaves its script or loop only for a signal: an exit code
    /// tells it that Ctrl-C was handled.
    package func endLikewise() {
        guard wasInterruptedByUser, ending == .killed(SIGINT) else { return }
        raiseBlocked(SIGINT)
    }
}

/// Why a command was not run.
package enum SupervisionError: ExplainedError, Equatable {
    case command(CommandError)
    /// A signal arrived before.
    case interrupted(by: Int32)
    /// A thread, a pipe: what a command needs.
    case resource(FileError)

    private var explanation: Explanation {
        switch self {
        case .command(let error): Explanation(error)
        case .interrupted(let signal): .interrupted(by: signal)
        case .resource(let error):
            Explanation(.notStarted, "cannot \(error.operation.rawValue) \(error.path): \(error.reason)")
        }
    }

    package var exitCode: ExitCode { explanation.exitCode }
    package var message: String { explanation.message }
    package var hint: String? { explanation.hint }
}
