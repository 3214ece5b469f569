internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A command that runs with secrets in its environment.
///
/// First `awaitEnd`, then the secrets are revoked, then `finish`.
package struct SupervisedCommand: ~Copyable {
    private var watch: CommandWatch
    private let streams: CommandStreams
    private let start: StartState
    private let environment: CommandEnvironment
    private let cancellation: Cancellation?
    private var ending: CommandEnding?
    private var cancelling: CancellationOutcome?
    /// The uptime of its end.
    private var end: Duration = .zero

    init(
        _ watch: consuming CommandWatch,
        _ streams: CommandStreams,
        _ start: StartState,
        _ environment: CommandEnvironment,
        _ cancellation: Cancellation?
    ) {
        self.watch = watch
        self.streams = streams
        self.start = start
        self.environment = environment
        self.cancellation = cancellation
    }

    /// Whether the command runs on beside the revocation.
    package var isRunning: Bool { ending == nil }

    /// Waits until the token has to go: the command has ended, or its time is over; and something may have been run for
    /// its being cancelled.
    ///
    /// - Parameters:
    ///   - notices: what is said while it runs.
    ///   - tell: called with the process that is run for its being cancelled, before it runs.
    /// - Returns: how long revoking may take; nil when nobody presses.
    package mutating func awaitEnd(
        saying notices: TimedNotices = TimedNotices(),
        telling tell: (WatchedProcess) -> Void
    ) -> Duration? {
        watch.notices = notices
        ending = watch.untilEnd(by: \.commandDeadline)
        watch.notices = TimedNotices()
        end = watch.clock.uptime()
        if ending != nil { leaveTerminal(until: end + JobEnding.lastOutput) }
        cancel(tell)
        let left = watch.patience.deadline.map { $0 - watch.clock.uptime() }
        return ending == nil || left != nil ? max(left ?? .zero, JobEnding.revocation) : nil
    }

    /// Waits until the command has ended and its output is shown.
    package consuming func finish() -> CommandOutcome {
        let wasRevokedFirst = isRunning
        let wasKilled = ending == nil && !awaitLateEnd()
        if wasRevokedFirst {
            leaveTerminal(until: end + (wasKilled ? JobEnding.lateOutputAfterKill : JobEnding.lastOutput))
        }
        showLastOutput(wasKilled)
        let ending = ending ?? .killed(SIGKILL)
        return CommandOutcome(
            ending: ending,
            wasInterruptedByUser: watch.wasInterruptedByUser,
            wasCancelled: watch.wasCancelled(ending),
            wasRevokedFirst: wasRevokedFirst,
            cancellation: cancelling,
            lostOutput: streams.failure
        )
    }

    /// Says whether it ended by itself.
    private mutating func awaitLateEnd() -> Bool {
        ending = watch.untilEnd(by: \.killMoment)
        end = watch.clock.uptime()
        guard ending == nil else { return true }
        watch.command.send(SIGKILL)
        watch.patience = Patience(until: end + JobEnding.killPatience)
        ending = watch.untilEnd(by: \.deadline)
        end = watch.clock.uptime()
        return false
    }

    private func leaveTerminal(until limit: Duration) {
        streams.closeTerminal()
        streams.awaitEndOfTerminal(until: limit, clock: watch.clock)
        watch.jobControl.end()
    }

    private func showLastOutput(_ wasKilled: Bool) {
        guard !wasKilled else {
            let limit = end + JobEnding.lateOutputAfterKill
            return streams.finish(until: limit, clock: watch.clock, interruption: -1, isPatient: false)
        }
        let stopping = start.signals(blocking: Signals.asking + [SIGQUIT])
        defer { stopping.close() }
        let limit = end + JobEnding.lateOutput
        streams.finish(until: limit, clock: watch.clock, interruption: stopping.number, isPatient: true)
    }

    /// Runs what is to be run when the command was cancelled.
    private mutating func cancel(_ tell: (WatchedProcess) -> Void) {
        guard let cancellation, watch.wasCancelled(ending) else { return }
        cancelling = cancellation.run(
            environment,
            start,
            watch.signals,
            watch.clock,
            until: watch.patience.deadline,
            beside: ending == nil ? watch.command : nil,
            telling: tell
        )
    }
}
