internal import HostSystem
internal import Redaction

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What became of the command that is run after a cancelled one.
package enum CancellationOutcome: Equatable, Sendable {
    case ended(CommandEnding)
    case ranOutOfTime
    case notStarted(CommandError)

    package var isDone: Bool { self == .ended(.exited(0)) }
}

/// A command that is run once a cancelled one has ended or has had its time, with the same token: it tidies up.
///
/// All that it says goes to standard error: on standard output somebody may expect the command's own words only.
final class Cancellation {
    private let command: FoundCommand
    private let output: FilteredStream?
    private let nothing: Descriptor

    init(_ command: FoundCommand, isRedacting: Bool) throws(FileError) {
        self.command = command
        output = isRedacting ? try FilteredStream(pipeTo: .standardError) : nil
        nothing = try Descriptor.open("/dev/null", O_RDONLY)
    }

    func startFilter(hiding secrets: HiddenSecrets, clock: HostClock) throws(FileError) {
        try output?.start(hiding: secrets, clock: clock)
    }

    /// Runs it, at most until an uptime.
    ///
    /// - Parameters:
    ///   - other: the cancelled command, if it still runs.
    ///   - tell: called with the process before it is this command, for whoever ends it after a SIGKILL to us.
    func run(
        _ environment: CommandEnvironment,
        _ start: StartState,
        _ signals: SignalDescriptor,
        _ clock: HostClock,
        until limit: Duration?,
        beside other: RunningCommand?,
        telling tell: (WatchedProcess) -> Void = { _ in }
    ) -> CancellationOutcome {
        var launch = Launch(start: start)
        launch.input = nothing.number
        launch.output = output?.commandEnd ?? StandardStream.standardError.descriptor
        launch.error = launch.output
        let running: RunningCommand
        do throws(CommandError) {
            let held = try launch.hold(command, environment)
            if let process = held.identity { tell(process) }
            running = try held.letGo()
        } catch {
            return .notStarted(error)
        }
        output?.closeCommandEnd()
        let jobControl = JobControl(keyboard: nil, isLent: false)
        var watch = CommandWatch(running, jobControl, signals, clock, Patience(until: limit))
        watch.other = other
        let ending = watch.untilEnd(by: \.deadline)
        if ending == nil { running.send(SIGKILL) }
        showOutput(until: clock.uptime() + JobEnding.lastOutput, clock)
        return ending.map { .ended($0) } ?? .ranOutOfTime
    }

    private func showOutput(until end: Duration, _ clock: HostClock) {
        guard let output else { return }
        var watched = pollfd(fd: output.finishedDescriptor, events: Int16(POLLIN), revents: 0)
        poll(&watched, 1, max(.zero, end - clock.uptime()).roundedUpToMilliseconds)
    }
}
