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

    private static let passedOn = Signals.ending + Signals.control

    /// Starts the command.
    ///
    /// - Parameter secrets: what its output must not show.
    /// - Throws: when the command does not run, or before it does a signal arrived.
    package func start(
        _ command: FoundCommand,
        environment: CommandEnvironment,
        hiding secrets: HiddenSecrets
    ) throws(SupervisionError) -> SupervisedCommand {
        reserve.release()
        start.block(Self.passedOn, and: Signals.child)
        try stopIfSignalled()
        let jobControl = JobControl(keyboard: streams.keyboard, isLent: streams.takesForeground)
        let running = try launch(command, environment, secrets, at: jobControl)
        var watch = CommandWatch(running, jobControl, signals, clock, patience)
        watch.streams = streams
        watch.chain = chain
        return SupervisedCommand(watch, streams, start, environment, cancellation)
    }

    private func launch(
        _ command: FoundCommand,
        _ environment: CommandEnvironment,
        _ secrets: HiddenSecrets,
        at jobControl: JobControl
    ) throws(SupervisionError) -> RunningCommand {
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
            return try launch.start(command, environment)
        } catch {
            jobControl.end()
            throw .command(error)
        }
    }

    private func stopIfSignalled() throws(SupervisionError) {
        while let signal = signals.next() {
            if Signals.ending.contains(signal.number) { throw .interrupted(by: signal.number) }
        }
        if chain?.isBroken == true { throw .interrupted(by: SIGTERM) }
    }
}
