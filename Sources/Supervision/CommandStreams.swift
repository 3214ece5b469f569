internal import CPlatform
internal import HostSystem
internal import Redaction

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The command's standard descriptors, and what stands between them and ours.
final class CommandStreams {
    private let plan: StreamPlan
    private let pseudoTerminal: PseudoTerminal?
    private let output: FilteredStream?
    /// nil when standard error has no way of its own.
    private let error: FilteredStream?
    let keyboard: Keyboard?

    init(_ wanted: StreamPlan) throws(FileError) {
        var plan = wanted
        // The terminal that shows it; where both do, they are one.
        let shown = plan.output == .terminal ? StandardStream.standardOutput : .standardError
        let terminal = Terminal(descriptor: plan.hasOwnSession ? 0 : shown.descriptor)
        pseudoTerminal = plan.usesTerminal ? Self.pseudoTerminal(like: terminal, plan) : nil
        // An image without /dev/pts has pipes still.
        if pseudoTerminal == nil { plan = plan.withoutTerminal }
        self.plan = plan
        keyboard = plan.hasOwnSession ? pseudoTerminal.map { Keyboard(of: terminal, for: $0) } : nil
        output = try Self.stream(plan.output, to: .standardOutput, pseudoTerminal)
        error = try Self.stream(plan.error, to: .standardError, pseudoTerminal)
    }

    private static func pseudoTerminal(like terminal: Terminal, _ plan: StreamPlan) -> PseudoTerminal? {
        try? PseudoTerminal(like: terminal, isForOutputOnly: !plan.hasOwnSession)
    }

    private static func stream(
        _ route: StreamPlan.Route,
        to destination: StandardStream,
        _ terminal: PseudoTerminal?
    ) throws(FileError) -> FilteredStream? {
        switch (route, terminal) {
        case (.pipe, _): try FilteredStream(pipeTo: destination)
        case (.terminal, let terminal?): try FilteredStream(from: terminal, to: destination)
        default: nil
        }
    }

    /// How the command is started with these descriptors.
    func launch(_ start: StartState, foregroundOf terminal: Int32?) -> Launch {
        var launch = Launch(start: start)
        if let output { launch.output = output.commandEnd }
        if let error { launch.error = error.commandEnd }
        if plan.error == .withOutput { launch.error = launch.output }
        if plan.hasOwnSession, let pseudoTerminal {
            launch.input = pseudoTerminal.slave
            launch.sessionTerminal = pseudoTerminal.slave
        }
        if plan.takesForeground { launch.foregroundTerminal = terminal }
        for (end, places) in [(launch.output, plan.besideOutput), (launch.error, plan.besideError)] {
            guard let end else { continue }
            launch.copies += places.map { platform_copy(descriptor: end, place: $0) }
        }
        return launch
    }

    var takesForeground: Bool { plan.takesForeground }

    /// The user's terminal has another size.
    ///
    /// - Returns: whether the kernel tells the command.
    func resize() -> Bool {
        guard let pseudoTerminal else { return false }
        let shown = plan.hasOwnSession ? 0 : plan.output == .terminal ? Int32(1) : 2
        return pseudoTerminal.resize(to: Terminal(descriptor: shown)) && plan.hasOwnSession
    }

    /// Filters from now on.
    func startFilters(hiding secrets: HiddenSecrets, clock: HostClock) throws(FileError) {
        try output?.start(hiding: secrets, clock: clock)
        try error?.start(hiding: secrets, clock: clock)
    }

    /// The command has its ends, if it was started at all.
    ///
    /// What we would keep open, nobody could find closed: neither we nor who writes to the command's input.
    func leaveEndsToCommand() {
        output?.closeCommandEnd()
        error?.closeCommandEnd()
        if keyboard == nil { platform_vacate(0) }
        for descriptor in plan.besideOutput + plan.besideError { platform_vacate(descriptor) }
    }

    /// The command has ended, so that its terminal ends when nobody else has it open.
    func closeTerminal() {
        pseudoTerminal?.closeSlave()
    }

    /// Waits until the command's terminal has come to its end.
    func awaitEndOfTerminal(until end: Duration, clock: HostClock) {
        var streams = [output, error].compactMap(\.self).filter(\.isTerminal)
        wait(for: &streams, until: end, clock, -1)
    }

    /// Why some of what was written could not be shown.
    var failure: FileError? { output?.failure ?? error?.failure }

    /// Waits until everything that was written has been shown.
    ///
    /// - Parameters:
    ///   - end: the uptime until which those who still have a stream open are waited for.
    ///   - interruption: when this descriptor is readable, nothing is waited for any more.
    ///   - isPatient: whether a reader that does not read is waited for, however long.
    func finish(until end: Duration, clock: HostClock, interruption: Int32, isPatient: Bool) {
        var streams = [output, error].compactMap(\.self)
        wait(for: &streams, until: end, clock, interruption)
        for stream in streams { stream.finishWithWhatIsThere() }
        wait(for: &streams, until: isPatient ? nil : end + JobEnding.lateOutputAfterKill, clock, interruption)
    }

    private func wait(
        for streams: inout [FilteredStream],
        until end: Duration?,
        _ clock: HostClock,
        _ interruption: Int32
    ) {
        while !streams.isEmpty {
            var watched = (streams.map(\.finishedDescriptor) + [interruption]).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let left = end.map { max(.zero, $0 - clock.uptime()).roundedUpToMilliseconds }
            guard poll(&watched, nfds_t(watched.count), left ?? -1) != 0 else { return }
            guard watched.removeLast().revents == 0 else { return }
            streams = zip(streams, watched).filter { $1.revents == 0 }.map(\.0)
        }
    }
}

extension StreamPlan {
    /// The same with pipes.
    fileprivate var withoutTerminal: StreamPlan {
        var plan = self
        plan.hasOwnSession = false
        if plan.output == .terminal { plan.output = .pipe }
        if plan.error == .terminal { plan.error = .pipe }
        return plan
    }
}
