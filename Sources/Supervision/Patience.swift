internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Decides when a command that was asked to end has had its time: then its token is revoked, and it is killed.
///
/// GitHub sends SIGINT, after 7.5 s SIGTERM and after 10 s SIGKILL, and until then no token may live; so a second request
/// is the last one, and without one there are 5 s from the first.
struct Patience {
    /// Two signals of one kind that are closer together are one request: `timeout` sends its signal to the process and to
    /// its group.
    private static let echo: Duration = .milliseconds(200)

    private let grace: Duration
    private var first: Duration?
    private var lastRequest: (signal: Int32, at: Duration)?
    private var requests = 0

    /// - Parameter grace: how long the command has from the first signal on.
    init(grace: Duration) {
        self.grace = grace
    }

    /// The uptime at which the time of the command is over; nil when nobody has asked it to end.
    var deadline: Duration? { first.map { $0 + grace } }

    /// Whether somebody has asked the command to end.
    var wasAsked: Bool { first != nil }

    /// Takes note of a signal; says whether it is the last one for which the command can be waited for.
    ///
    /// - Parameter now: uptime.
    mutating func isExhausted(by signal: ArrivedSignal, at now: Duration) -> Bool {
        guard [SIGINT, SIGTERM, SIGHUP].contains(signal.number), !isOnlyForCommand(signal) else { return false }
        first = first ?? now
        guard signal.number != SIGHUP, !isEcho(signal, now) else { return false }
        lastRequest = (signal.number, now)
        requests += 1
        return requests > 1
    }

    /// Whether it is Ctrl-C, after which a command may well go on.
    ///
    /// It is a REPL, or a deployment that takes its time to stop cleanly; and nobody stands behind it with a SIGKILL.
    private func isOnlyForCommand(_ signal: ArrivedSignal) -> Bool {
        signal.isFromTerminal && signal.number == SIGINT
    }

    private func isEcho(_ signal: ArrivedSignal, _ now: Duration) -> Bool {
        lastRequest.map { $0.signal == signal.number && now - $0.at < Self.echo } ?? false
    }
}
