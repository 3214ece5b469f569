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
    /// nil for a command that has no terminal of its own.
    var streams: CommandStreams?
    let signals: SignalDescriptor
    let clock: HostClock
    var patience: Patience
    /// nil when none is watched, or one of it has ended.
    var chain: ShellChain?
    /// What is said meanwhile.
    var notices = TimedNotices()
    /// A command that runs still, and hears the same signals.
    var other: RunningCommand?
    /// Whether Ctrl-C came from the user's terminal.
    private var wasInterruptedByKey = false
    /// How many interrupts of the keyboard have been looked at.
    private var knownInterrupts = 0

    init(
        _ command: RunningCommand,
        _ jobControl: JobControl,
        _ signals: SignalDescriptor,
        _ clock: HostClock,
        _ patience: Patience
    ) {
        self.command = command
        self.jobControl = jobControl
        self.signals = signals
        self.clock = clock
        self.patience = patience
    }

    /// Passes signals and keys on to the command until it has ended.
    ///
    /// - Parameter limit: until when it is waited for, as uptime.
    /// - Returns: nil when that is over and it still runs.
    mutating func untilEnd(by limit: KeyPath<Patience, Duration?>) -> CommandEnding? {
        while true {
            takeSignals()
            if let ending = takeChanges() { return ending }
            remind()
            notices.say(at: clock.uptime())
            let end = patience[keyPath: limit]
            guard !isOver(end) else { return nil }
            wait(until: [end, patience.reminderMoment, notices.nextMoment].compactMap(\.self).min())
        }
    }

    /// Whether Ctrl-C was for the command and everybody around it.
    var wasInterruptedByUser: Bool { wasInterruptedByKey || jobControl.mayHaveBeenInterrupted }

    /// Whether somebody wants the command to end, be it a person or the system.
    func wasCancelled(_ ending: CommandEnding?) -> Bool {
        patience.wasAsked || wasInterruptedByKey || patience.wasInterrupted
            || wasInterruptedByUser && ending == .killed(SIGINT)
    }

    /// Comes after `takeSignals`: a change of which SIGCHLD tells later makes the next wait end at once.
    private func takeChanges() -> CommandEnding? {
        defer { command.reapOthers(but: other) }
        while let change = command.nextChange() {
            switch change {
            case .ended(let ending): return ending
            case .stopped(let signal): jobControl.follow(command, stoppedBy: signal)
            }
        }
        return nil
    }

    private mutating func takeSignals() {
        while let signal = signals.next() { take(signal) }
        if let chain, chain.isBroken {
            self.chain = nil
            act(on: SIGTERM, patience.takeEndOfShell(at: clock.uptime()))
        }
        takeKeys()
    }

    private mutating func take(_ signal: ArrivedSignal) {
        switch signal.number {
        case _ where Signals.child.contains(signal.number): return
        // Our own, for the others in our group.
        case _ where signal.sender == getpid(): return
        case SIGCONT: jobControl.resume(command)
        case SIGTSTP: command.send(SIGTSTP)
        case SIGWINCH: if streams?.resize() != true { command.send(SIGWINCH) }
        default:
            if signal.number == SIGINT && signal.isFromTerminal { wasInterruptedByKey = true }
            let isForAll = ServiceManager.hasSent(signal)
            act(on: signal.number, patience.take(signal, isForAll: isForAll, at: clock.uptime()))
        }
    }

    /// The command's pseudo-terminal has told it already.
    private mutating func takeKeys() {
        guard let keyboard = streams?.keyboard else { return }
        while knownInterrupts < keyboard.interrupts {
            knownInterrupts += 1
            if patience.takeKey(at: clock.uptime()) == .kill { act(on: SIGKILL, .kill) }
        }
    }

    private func act(on signal: Int32, _ answer: Patience.Answer) {
        for command in [command, other].compactMap(\.self) {
            switch answer {
            case .tellCommand: Signals.asking.contains(signal) ? command.tell(signal) : command.tellAlone(signal)
            case .tellGroup: command.send(signal)
            case .tellNobody: break
            case .kill: command.send(SIGKILL)
            }
        }
    }

    /// Tells the command what so far only the system has told it.
    private mutating func remind() {
        guard isOver(patience.reminderMoment) else { return }
        patience.endHolding()
        command.send(SIGTERM)
    }

    private func isOver(_ end: Duration?) -> Bool {
        end.map { $0 <= clock.uptime() } ?? false
    }

    private func wait(until limit: Duration?) {
        var watched = [pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0)]
        if let reports = command.reportDescriptor {
            watched.append(pollfd(fd: reports, events: Int16(POLLIN), revents: 0))
        }
        if let chain { watched += chain.watched }
        var left = limit.map { max(.zero, $0 - clock.uptime()) }
        let keyboard = streams?.keyboard
        if let keyboard {
            watched.append(keyboard.watched)
            // A shell that puts a running job into the foreground does not tell it.
            if !keyboard.isAttached { left = min(left ?? JobEnding.foregroundInterval, JobEnding.foregroundInterval) }
        }
        poll(&watched, nfds_t(watched.count), left?.roundedUpToMilliseconds ?? -1)
        guard let keyboard, let keys = watched.last else { return }
        if !keyboard.isAttached { keyboard.attach() } else if keys.revents != 0 { keyboard.passOn() }
    }
}
