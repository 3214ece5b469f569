internal import CPlatform
internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Keeps the command where we are: in the foreground, in the background, or stopped.
///
/// The command has a process group of its own, so that each signal reaches it once: from the terminal or from us. When
/// it reads from the user's terminal itself, the kernel stops it, and then it is lent the foreground, as a shell would.
final class JobControl {
    /// The controlling terminal; nil when there is none.
    private let seat: Terminal?
    private let keyboard: Keyboard?
    /// Whether the command is the foreground group of the user's terminal, or was when it was stopped.
    private var isLent: Bool

    /// - Parameters:
    ///   - keyboard: for a command in a session of its own.
    ///   - isLent: whether the command starts in the foreground.
    init(keyboard: Keyboard?, isLent: Bool) {
        let number = open("/dev/tty", O_RDWR | O_CLOEXEC)
        seat = number >= 0 ? Terminal(descriptor: number) : nil
        self.keyboard = keyboard
        self.isLent = isLent
    }

    deinit {
        if let seat { close(seat.descriptor) }
    }

    /// nil when there is no controlling terminal.
    var terminalDescriptor: Int32? { seat?.descriptor }

    /// The command has been stopped.
    func follow(_ command: RunningCommand, stoppedBy signal: Int32) {
        if [SIGTTIN, SIGTTOU].contains(signal), lend(to: command) {
            command.send(SIGCONT)
        } else if signal != SIGSTOP || seat != nil {
            suspend(with: command, stoppedBy: signal)
        }
    }

    /// We have been continued, so the command is too.
    func resume(_ command: RunningCommand) {
        keyboard?.attach()
        if isLent { isLent = lend(to: command) }
        command.send(SIGCONT)
    }

    /// The command has ended: the terminal is again as it was.
    func end() {
        keyboard?.detach()
        takeBack()
    }

    /// Whether the user may have interrupted the command by a key of which no signal told us.
    var mayHaveBeenInterrupted: Bool { isLent || keyboard.map { $0.interrupts > 0 } == true }

    /// Puts the command into the foreground, if we are there.
    private func lend(to command: RunningCommand) -> Bool {
        guard keyboard == nil, let seat, seat.isOurs || seat.foregroundGroup == command.group else { return false }
        seat.give(to: command.group)
        isLent = true
        return true
    }

    private func takeBack() {
        if isLent { seat?.give(to: getpgrp()) }
    }

    /// Stops ourselves, so that whoever started us sees what they would see of the command.
    private func suspend(with command: RunningCommand, stoppedBy signal: Int32) {
        // Ctrl-Z is for everybody in the foreground, but only the command has got it.
        let isForAll = isLent || keyboard?.isAttached == true
        keyboard?.detach()
        takeBack()
        guard !stopOurselves(withGroup: isForAll) else { return }
        // Nobody would ever continue us, so the kernel has not let us stop; without us, it would not have let the command.
        switch signal {
        case SIGTTIN, SIGTTOU:
            command.send(SIGHUP)
            resume(command)
        case SIGTSTP: resume(command)
        default: break
        }
    }

    /// Returns when we are continued; says whether we were stopped at all.
    private func stopOurselves(withGroup: Bool) -> Bool {
        raiseBlocked(SIGTSTP, toGroup: withGroup)
        var pending = sigset_t()
        sigpending(&pending)
        return sigismember(&pending, SIGCONT) == 1
    }
}
