internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Decides who hears a signal, and until when a command that was asked to end is waited for.
struct Patience {
    /// What to do with a signal.
    enum Answer: Equatable {
        /// The command alone, as a runner would signal it: a program that forwards would else hear it twice.
        case tellCommand
        case tellGroup
        case tellNobody
        case kill
    }

    private let ending: JobEnding
    private let killAfter: Duration?
    private let hasCancellation: Bool
    /// The first request.
    private var first: Duration?
    private var latest: (signal: Int32, at: Duration)?
    private var requests = 0
    private var keys: [Duration] = []
    /// Whether a SIGTERM was kept back that every process has got.
    private var isHolding = false
    /// The uptime at which the token has to go; nil for when the command ends.
    private(set) var deadline: Duration?

    /// - Parameters:
    ///   - killAfter: after which time from the first request the command is killed; nil for never.
    ///   - hasCancellation: whether something is to be run between the command's end and the revocation.
    init(_ ending: JobEnding, killAfter: Duration? = nil, hasCancellation: Bool = false) {
        self.ending = ending
        self.killAfter = killAfter
        self.hasCancellation = hasCancellation
    }

    /// For something that has its time already.
    init(until deadline: Duration?) {
        self.init(JobEnding(afterTermination: nil, watchesShells: false))
        self.deadline = deadline
    }

    /// Whether somebody has asked the command to end.
    var wasAsked: Bool { first != nil }

    /// Whether a person has pressed Ctrl-C.
    var wasInterrupted: Bool { !keys.isEmpty }

    /// The uptime at which the command is no longer waited for.
    var commandDeadline: Duration? {
        let end = deadline.map { $0 - cancellationTime }
        return [end, killMoment].compactMap(\.self).min()
    }

    /// The uptime at which the command is killed; nil for never.
    var killMoment: Duration? {
        killAfter.flatMap { span in first.map { $0 + span } }
    }

    /// The uptime at which the command is told what only the system has told it so far.
    var reminderMoment: Duration? {
        isHolding ? commandDeadline.map { $0 - JobEnding.reminder } : nil
    }

    /// Takes note of a signal.
    ///
    /// - Parameters:
    ///   - isForAll: whether its sender sends it to every process.
    ///   - now: uptime.
    mutating func take(_ signal: ArrivedSignal, isForAll: Bool = false, at now: Duration) -> Answer {
        guard Signals.asking.contains(signal.number) else {
            return signal.isFromTerminal ? .tellGroup : .tellCommand
        }
        if ending.isForPerson && signal.isFromTerminal && signal.number == SIGINT { return takeKey(at: now) }
        guard !isEcho(signal.number, now) else { return .tellNobody }
        note(signal.number, at: now)
        if signal.number == SIGTERM && (ending.tellsEveryProcess || isForAll) {
            isHolding = true
            return .tellNobody
        }
        return requests > 1 || signal.isFromTerminal ? .tellGroup : .tellCommand
    }

    /// Takes note of Ctrl-C.
    mutating func takeKey(at now: Duration) -> Answer {
        keys.append(now)
        let recent = keys.filter { now - $0 < JobEnding.killingKeys.within }
        return recent.count >= JobEnding.killingKeys.count ? .kill : .tellGroup
    }

    /// Takes note of the end of a shell above us, which means that it was told to end and we were not.
    mutating func takeEndOfShell(at now: Duration) -> Answer {
        guard !wasAsked else { return .tellNobody }
        note(SIGTERM, at: now)
        return .tellCommand
    }

    /// The command has been reminded.
    mutating func endHolding() { isHolding = false }

    private mutating func note(_ signal: Int32, at now: Duration) {
        first = first ?? now
        latest = (signal, now)
        requests += 1
        let patience = signal == SIGINT ? ending.afterInterrupt : ending.afterTermination
        let last = requests > 1 && signal != SIGHUP ? ending.afterLast : nil
        let ends = [patience, last].compactMap { span in span.map { now + $0 } }
        deadline = ([deadline].compactMap(\.self) + ends).min()
    }

    private func isEcho(_ signal: Int32, _ now: Duration) -> Bool {
        latest.map { $0.signal == signal && now - $0.at < JobEnding.echo } ?? false
    }

    private var cancellationTime: Duration {
        guard hasCancellation, let first, let deadline else { return .zero }
        return max(JobEnding.shortestCancellation, (deadline - first) / JobEnding.cancellationPart)
    }
}
