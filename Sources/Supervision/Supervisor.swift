package import HostSystem
package import Redaction

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Runs a command with secrets in its environment, hides them in its output, and tells when they have to be revoked.
///
/// When we are killed, the command is not, as long as nobody else ends it: so there is no `PR_SET_PDEATHSIG`. Without us
/// it soon gets SIGPIPE or, on a pseudo-terminal, SIGHUP, as from a terminal that was closed.
package final class Supervisor {
    private let start: StartState
    private let clock: HostClock
    private let streams: CommandStreams
    private let patience: Patience
    private let chain: ShellChain?
    private let cancellation: Cancellation?
    private let signals: SignalDescriptor
    private let reserve: MemoryReserve

    /// Makes everything ready that can fail.
    ///
    /// - Parameters:
    ///   - isRedacting: whether the command's output goes through us at all.
    ///   - killAfter: how long after a signal that asks it to end the command is killed; nil for never.
    ///   - onCancel: what is run with the same variables once a cancelled command has ended.
    package init(
        start: StartState,
        clock: HostClock,
        isRedacting: Bool,
        ending: JobEnding,
        killAfter: Duration?,
        onCancel: FoundCommand?
    ) throws(FileError) {
        self.start = start
        self.clock = clock
        reserve = try MemoryReserve()
        streams = try CommandStreams(StreamPlan(.current(inherited: start.descriptors), isRedacting: isRedacting))
        patience = Patience(ending, killAfter: killAfter, hasCancellation: onCancel != nil)
        cancellation = if let onCancel { try Cancellation(onCancel, isRedacting: isRedacting) } else { nil }
        chain = ending.watchesShells ? ShellChain(start) : nil
        signals = try start.descriptor(reading: Self.passedOn, and: Signals.child)
    }

    static let passedOn = Signals.ending + Signals.control

    /// Makes the process that becomes the command.
    ///
    /// - Parameter secrets: what its output must not show.
    /// - Throws: when there is none, or when a signal has arrived.
    package func prepare(
        _ command: FoundCommand,
        environment: CommandEnvironment,
        hiding secrets: HiddenSecrets
    ) throws(SupervisionError) -> PreparedCommand {
        reserve.release()
        start.block(Self.passedOn, and: Signals.child)
        try stopIfSignalled()
        let jobControl = JobControl(keyboard: streams.keyboard, isLent: streams.takesForeground)
        return PreparedCommand(self, try hold(command, environment, secrets, at: jobControl), jobControl, environment)
    }

    private func hold(
        _ command: FoundCommand,
        _ environment: CommandEnvironment,
        _ secrets: HiddenSecrets,
        at jobControl: JobControl
    ) throws(SupervisionError) -> HeldCommand {
        do throws(FileError) {
            try streams.startFilters(hiding: secrets, clock: clock)
            try cancellation?.startFilter(hiding: secrets, clock: clock)
        } catch {
            throw .resource(error)
        }
        defer { streams.leaveEndsToCommand() }
        // Before the command writes anything: what it writes is for a raw terminal.
        streams.keyboard?.attach()
        do throws(CommandError) {
            let launch = streams.launch(start, foregroundOf: jobControl.terminalDescriptor)
            return try launch.hold(command, environment)
        } catch {
            jobControl.end()
            throw .command(error)
        }
    }

    fileprivate func supervise(
        _ running: RunningCommand,
        _ jobControl: JobControl,
        _ environment: CommandEnvironment
    ) -> SupervisedCommand {
        var watch = CommandWatch(running, jobControl, signals, clock, patience)
        watch.streams = streams
        watch.chain = chain
        return SupervisedCommand(watch, streams, start, environment, cancellation)
    }

    private func stopIfSignalled() throws(SupervisionError) {
        while let signal = signals.next() {
            if Signals.ending.contains(signal.number) { throw .interrupted(by: signal.number) }
        }
        if chain?.isBroken == true { throw .interrupted(by: SIGTERM) }
    }
}

/// A process that becomes the command when it is started, and ends when we are gone before.
package struct PreparedCommand: ~Copyable {
    private let supervisor: Supervisor
    private let held: HeldCommand
    private let jobControl: JobControl
    private let environment: CommandEnvironment

    fileprivate init(
        _ supervisor: Supervisor,
        _ held: consuming HeldCommand,
        _ jobControl: JobControl,
        _ environment: CommandEnvironment
    ) {
        self.supervisor = supervisor
        self.held = held
        self.jobControl = jobControl
        self.environment = environment
    }

    /// The process that leads the command's group; nil when `/proc` does not show it.
    package var identity: WatchedProcess? { held.identity }

    /// Returns when the command runs.
    ///
    /// - Throws: when it does not; then nothing is left of it.
    package consuming func start() throws(SupervisionError) -> SupervisedCommand {
        let supervisor = supervisor, jobControl = jobControl, environment = environment
        do throws(CommandError) {
            return supervisor.supervise(try held.letGo(), jobControl, environment)
        } catch {
            jobControl.end()
            throw .command(error)
        }
    }
}
