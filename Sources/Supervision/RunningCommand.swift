internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A command that has been started, and its process group.
final class RunningCommand {
    enum Change: Equatable {
        case ended(CommandEnding)
        /// By the signal of this number.
        case stopped(Int32)
    }

    /// The process that is waited for: the command, or the leader of its session, which reports about it.
    private let process: pid_t
    /// The process group of the command, which bears the number of its first process.
    let group: pid_t
    private let reports: PipeEnds?
    private let lifeline: PipeEnds?

    init(process: pid_t) {
        self.process = process
        group = process
        reports = nil
        lifeline = nil
    }

    /// - Parameters:
    ///   - leader: the process that leads the command's session.
    ///   - reports: from the leader: the statuses of the command.
    ///   - lifeline: of the leader, which ends with it.
    init(group: pid_t, leader: pid_t, reports: PipeEnds, lifeline: PipeEnds) {
        process = leader
        self.group = group
        self.reports = reports
        self.lifeline = lifeline
    }

    /// Readable when the leader has something to report; nil when SIGCHLD tells of a change.
    var reportDescriptor: Int32? { reports?.readEnd }

    /// Sends a signal to the whole group: what the command has started to do its work is part of it.
    func send(_ signal: Int32) {
        kill(-group, signal)
    }

    /// Sends a signal to the command alone, or to its group if it is a shell or a make, which tell nobody else.
    func tell(_ signal: Int32) {
        kill(ShellProgram.isDeaf(group) ? -group : group, signal)
    }

    /// Sends a signal to the command alone.
    func tellAlone(_ signal: Int32) {
        kill(group, signal)
    }

    /// As process 1, takes the remains of those that lost their parents.
    ///
    /// - Parameter other: a command that is waited for too.
    func reapOthers(but other: RunningCommand?) {
        if getpid() == 1 { platform_reap_others(process, other?.process ?? process) }
    }

    /// What has happened since the last call, without waiting; nil for nothing.
    func nextChange() -> Change? {
        var value: Int32 = 0
        let change: platform_change
        if let reports {
            change = Self.nextReport(from: reports.readEnd, &value)
            if change == platform_change_lost { _ = waitpid(process, nil, 0) }
        } else {
            change = platform_child_change(process, &value)
        }
        switch change {
        case platform_change_exited: return .ended(.exited(value))
        case platform_change_killed: return .ended(.killed(value))
        case platform_change_stopped: return .stopped(value)
        // Somebody killed the leader: with it, the session has lost its terminal, and its end cannot be told.
        case platform_change_lost: return .ended(.killed(SIGKILL))
        default: return nil
        }
    }

    private static func nextReport(from reports: Int32, _ value: inout Int32) -> platform_change {
        var watched = pollfd(fd: reports, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, 0) > 0 else { return platform_change_none }
        var status: Int32 = 0
        let count = read(reports, &status, MemoryLayout.size(ofValue: status))
        return count == MemoryLayout.size(ofValue: status)
            ? platform_decode_status(status, &value) : platform_change_lost
    }
}
