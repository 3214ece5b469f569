internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Watches over a command until it has ended, or has had its time.
struct CommandWatch {
    let command: RunningCommand
    let jobControl: JobControl
    let streams: CommandStreams
    let signals: SignalDescriptor
    let clock: HostClock
    var patience: Patience
    /// Whether Ctrl-C came from the user's terminal.
    private var wasInterruptedByKey = false

    init(
        _ command: RunningCommand,
        _ jobControl: JobControl,
        _ streams: CommandStreams,
        _ signals: SignalDescriptor,
        _ clock: HostClock,
        _ patience: Patience
    ) {
        self.command = command
        self.jobControl = jobControl
        self.streams = streams
        self.signals = signals
        self.clock = clock
        self.patience = patience
    }

    /// Passes signals and keys on to the command until it has ended.
    ///
    /// - Returns: nil when its time is over and it still runs.
    mutating func untilEnd() -> CommandEnding? {
        while true {
            let isExhausted = takeSignals()
            if let ending = takeChanges() { return ending }
            guard !isExhausted, !isOver(patience.deadline) else { return nil }
            wait(until: patience.deadline)
        }
    }

    /// The same, up to a certain uptime.
    mutating func untilEnd(by end: Duration) -> CommandEnding? {
        while true {
            _ = takeSignals()
            if let ending = takeChanges() { return ending }
            guard !isOver(end) else { return nil }
            wait(until: end)
        }
    }

    /// Whether Ctrl-C was for the command and everybody around it.
    var wasInterruptedByUser: Bool { wasInterruptedByKey || jobControl.mayHaveBeenInterrupted }

    /// Comes after `takeSignals`: a change of which SIGCHLD tells later makes the next wait end at once.
    private func takeChanges() -> CommandEnding? {
        while let change = command.nextChange() {
            switch change {
            case .ended(let ending): return ending
            case .stopped(let signal): jobControl.follow(command, stoppedBy: signal)
            }
        }
        return nil
    }

    /// Says whether the command is no longer waited for.
    private mutating func takeSignals() -> Bool {
        var isExhausted = false
        while let signal = signals.next() { isExhausted = take(signal) || isExhausted }
        return isExhausted
    }

    private func isOver(_ end: Duration?) -> Bool {
        end.map { $0 <= clock.uptime() } ?? false
    }

    /// Says whether it is the signal after which the command is no longer waited for.
    private mutating func take(_ signal: ArrivedSignal) -> Bool {
        switch signal.number {
        case SIGCHLD, SIGTTIN, SIGTTOU: return false
        // Our own, for the others in our group.
        case _ where signal.sender == getpid(): return false
        case SIGCONT: jobControl.resume(command)
        case SIGWINCH: if !streams.resize() { command.send(SIGWINCH) }
        default:
            if signal.number == SIGINT && signal.isFromTerminal { wasInterruptedByKey = true }
            command.send(signal.number)
        }
        return patience.isExhausted(by: signal, at: clock.uptime())
    }

    private func wait(until limit: Duration?) {
        var watched = [
            pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: command.reportDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        var left = limit.map { max(.zero, $0 - clock.uptime()).roundedUpToMilliseconds } ?? -1
        if let keyboard = streams.keyboard {
            watched.append(keyboard.watched)
            if !keyboard.isAttached {
                // A shell that puts a running job into the foreground does not tell it.
                let interval = Supervisor.foregroundInterval.roundedUpToMilliseconds
                left = left < 0 ? interval : min(left, interval)
            }
        }
        poll(&watched, nfds_t(watched.count), left)
        guard let keyboard = streams.keyboard else { return }
        if !keyboard.isAttached { keyboard.attach() } else if watched[2].revents != 0 { keyboard.passOn() }
    }
}
