internal import CPlatform
package import HostSystem
internal import Redaction
package import Secrets

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Runs a command with secrets in its environment, hides them in its output, and tells when they have to be revoked.
///
/// When we are killed, the command is not: a deployment that is torn off in the middle does more harm than a token that
/// lives until the next run on this machine finds its record. So there is no `PR_SET_PDEATHSIG`; and without us the
/// command soon gets SIGPIPE or, on a pseudo-terminal, SIGHUP, as from a terminal that was closed.
package final class Supervisor {
    /// When to revoke, and so how much time there is for it.
    package enum Urgency: Equatable, Sendable {
        /// The command has ended by itself.
        case afterEnd
        /// The command has ended after it was asked to.
        case afterRequest
        /// The command still runs, but its time is over.
        case atOnce
    }

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

    /// Those that end programs or mean something to them; the rest is ours.
    private static let forwarded = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT]
    private static let own = [SIGCHLD, SIGTTIN, SIGTTOU]
    /// Those that would end us without a trace while a token is being minted.
    private static let deadly = [SIGQUIT, SIGUSR1, SIGUSR2]

    private let start: StartState
    private let clock: HostClock
    private let streams: CommandStreams
    private let grace: Duration

    /// Makes everything ready that can fail, and keeps back the signals that would end us.
    ///
    /// - Parameters:
    ///   - isRedacting: whether the command's output goes through us at all.
    ///   - grace: how long the command has after a signal that asks it to end.
    package init(
        start: StartState,
        clock: HostClock,
        isRedacting: Bool,
        grace: Duration
    ) throws(FileError) {
        self.start = start
        self.clock = clock
        streams = try CommandStreams(StreamPlan(.current(), isRedacting: isRedacting))
        self.grace = grace
        start.signals(blocking: Self.deadly).close()
    }

    /// Runs the command.
    ///
    /// - Parameters:
    ///   - secrets: what its output must not show.
    ///   - revoke: called once, as soon as nobody may use the secrets any more.
    /// - Throws: when the command does not run, or before it does a signal arrived; nothing was revoked then.
    package func run(
        _ command: FoundCommand,
        environment: CommandEnvironment,
        hiding secrets: [Secret],
        revoke: (Urgency) -> Void
    ) throws(SupervisionError) -> CommandOutcome {
        let signals = start.signals(blocking: Self.forwarded, and: Self.own)
        defer { signals.close() }
        try stopIfSignalled(signals)
        let jobControl = JobControl(keyboard: streams.keyboard, isLent: streams.takesForeground)
        let running = try launch(command, environment, secrets, at: jobControl)
        var watch = CommandWatch(running, jobControl, streams, signals, clock, Patience(grace: grace))
        let ending = end(&watch, revoke)
        return CommandOutcome(
            ending: ending,
            wasInterruptedByUser: watch.wasInterruptedByUser,
            lostOutput: streams.failure
        )
    }

    private func launch(
        _ command: FoundCommand,
        _ environment: CommandEnvironment,
        _ secrets: [Secret],
        at jobControl: JobControl
    ) throws(SupervisionError) -> RunningCommand {
        do throws(FileError) {
            try streams.startFilters(hiding: PatternTable(hiding: secrets), clock: clock)
        } catch {
            throw .resource(error)
        }
        defer { streams.leaveEndsToCommand() }
        // Before the command writes anything: what it writes is for a raw terminal.
        streams.keyboard?.attach()
        do throws(CommandError) {
            let launch = streams.launch(start, foregroundOf: jobControl.terminalDescriptor)
            return try launch.start(command, environment)
        } catch {
            jobControl.end()
            throw .command(error)
        }
    }

    private func end(_ watch: inout CommandWatch, _ revoke: (Urgency) -> Void) -> CommandEnding {
        guard let ending = watch.untilEnd() else { return endAtOnce(&watch, revoke) }
        let end = clock.uptime()
        streams.closeTerminal()
        streams.awaitEndOfTerminal(until: end + Self.lastOutput, clock: clock)
        watch.jobControl.end()
        revoke(watch.patience.wasAsked ? .afterRequest : .afterEnd)
        let stopping = start.signals(blocking: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
        defer { stopping.close() }
        streams.finish(until: end + Self.lateOutput, clock: clock, interruption: stopping.number, isPatient: true)
        return ending
    }

    private func endAtOnce(_ watch: inout CommandWatch, _ revoke: (Urgency) -> Void) -> CommandEnding {
        revoke(.atOnce)
        watch.command.send(SIGKILL)
        let ending = watch.untilEnd(by: clock.uptime() + Self.killPatience)
        let end = clock.uptime() + Self.lateOutputAfterKill
        streams.closeTerminal()
        streams.awaitEndOfTerminal(until: end, clock: clock)
        watch.jobControl.end()
        streams.finish(until: end, clock: clock, interruption: -1, isPatient: false)
        return ending ?? .killed(SIGKILL)
    }

    private func stopIfSignalled(_ signals: SignalDescriptor) throws(SupervisionError) {
        while let signal = signals.next() {
            guard ([SIGINT, SIGTERM, SIGHUP] + Self.deadly).contains(signal.number) else { continue }
            throw .interrupted(by: signal.number)
        }
    }
}
