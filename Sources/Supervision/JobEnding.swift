/// How a system ends a job, and so how long a command that was told to end may go on with its token.
///
/// The rule is the same everywhere: the command is told and waited for, with its token valid, as long as the system lets
/// it; every further signal is passed on; then the token is revoked beside the running command, which is left to the
/// system. Counted from the first signal of each kind, nil for as long as the command runs:
///
///     GitHub, Azure      SIGINT at 0 s, SIGTERM at 7.5 s, SIGKILL at 10 s     revoked 9 s after SIGINT
///     GitLab containers  SIGTERM to every process, up to 6 s for each         revoked 5 s after SIGTERM
///     GitLab shell       SIGTERM to the group, SIGKILL after 10 min           revoked 9 min 50 s after SIGTERM
///     Buildkite          SIGTERM, SIGKILL after its grace period              revoked 1 s before that ends
///     Jenkins            SIGTERM to every process, SIGKILL after 5 s          revoked 4 s after SIGTERM
///     elsewhere          SIGTERM, SIGKILL after 10 s (`docker stop`)          revoked 8 s after SIGTERM
///     a person           Ctrl-C                                               revoked when the command ends
///
/// This file is the only one with times of an end.
package struct JobEnding: Equatable, Sendable {
    /// How long after SIGINT the token may be valid.
    package var afterInterrupt: Duration?
    /// The same after SIGTERM or SIGHUP, and after the end of a shell above us.
    package var afterTermination: Duration?
    /// The same after the second request: a command that gives up at it still has something to write.
    package var afterLast: Duration
    /// Whether SIGTERM goes to the command too, so that passing it on would make two of one.
    package var tellsEveryProcess: Bool
    /// Whether a shell above us that ends was told to, as on GitHub, where nobody else is.
    package var watchesShells: Bool
    /// Whether a person presses Ctrl-C, which is for the command and means no deadline.
    package var isForPerson = false

    package init(
        afterInterrupt: Duration? = nil,
        afterTermination: Duration? = .seconds(8),
        afterLast: Duration = .seconds(3),
        tellsEveryProcess: Bool = false,
        watchesShells: Bool = true
    ) {
        self.afterInterrupt = afterInterrupt
        self.afterTermination = afterTermination
        self.afterLast = afterLast
        self.tellsEveryProcess = tellsEveryProcess
        self.watchesShells = watchesShells
    }

    /// In CI, when nothing else is known.
    package static let elsewhere = JobEnding()

    /// Outside CI.
    package static let person = {
        var ending = JobEnding(watchesShells: false)
        ending.isForPerson = true
        return ending
    }()
}

/// Times that are the same on every system.
extension JobEnding {
    /// Two signals of one kind that are closer together are one: `timeout` sends its signal to the process and to its group.
    static let echo: Duration = .milliseconds(200)
    /// A SIGTERM that went to every process is passed on this long before the time of the command is over.
    static let reminder: Duration = .seconds(1)
    /// How long revoking may take at least, when the time of the command is over.
    static let revocation: Duration = .seconds(4)
    /// `--on-cancel` gets this part of the time, and this much of it at least.
    static let cancellationPart = 10
    static let shortestCancellation: Duration = .seconds(1)
    /// So many presses of Ctrl-C within this time kill the command: a person has no other way left.
    static let killingKeys = (count: 4, within: Duration.seconds(3))

    /// The last output on a terminal belongs before the terminal is as it was, and before our own last words; but a token
    /// does not wait for somebody who has stopped the output by Ctrl-S.
    static let lastOutput: Duration = .milliseconds(100)
    /// What may still write after the command has ended has this long to come to its end, as `tee` in `> >(tee log)`.
    static let lateOutput: Duration = .seconds(1)
    /// The same after the command was killed.
    static let lateOutputAfterKill: Duration = .milliseconds(250)
    /// How long a killed command is waited for: it may hang in the kernel.
    static let killPatience: Duration = .seconds(1)
    /// How soon we notice that we are in the foreground again, when nobody tells.
    static let foregroundInterval: Duration = .milliseconds(250)
}
