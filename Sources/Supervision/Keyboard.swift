internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Passes on to the command's pseudo-terminal what the user types, while we are in the foreground.
///
/// The user's terminal is raw meanwhile: what a key does is decided by the pseudo-terminal, and so by the command.
final class Keyboard {
    private let terminal: Terminal
    private let pseudoTerminal: PseudoTerminal
    /// How the terminal was before it became raw; nil while it is not.
    private var original: termios?
    private let typed = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    /// What was typed and is not passed on yet.
    private var waiting = 0..<0
    /// How often a key has interrupted the command.
    private(set) var interrupts = 0

    init(of terminal: Terminal, for pseudoTerminal: PseudoTerminal) {
        self.terminal = terminal
        self.pseudoTerminal = pseudoTerminal
    }

    deinit {
        detach()
        typed.deallocate()
    }

    var isAttached: Bool { original != nil }

    /// Takes the keyboard, unless somebody else has it at the moment.
    func attach() {
        guard !isAttached, terminal.isOurs, let attributes = terminal.attributes else { return }
        pseudoTerminal.resize(to: terminal)
        terminal.set(attributes.raw)
        original = attributes
    }

    /// Leaves the terminal as it was.
    func detach() {
        guard let attributes = original else { return }
        original = nil
        // Somebody who took the terminal over has set it as they want it.
        if terminal.isOurs { terminal.set(attributes) }
    }

    /// What has to be waited for so that there is something to do.
    var watched: pollfd {
        guard isAttached else { return pollfd(fd: -1, events: 0, revents: 0) }
        return waiting.isEmpty
            ? pollfd(fd: terminal.descriptor, events: Int16(POLLIN), revents: 0)
            : pollfd(fd: pseudoTerminal.master.number, events: Int16(POLLOUT), revents: 0)
    }

    /// Passes on what has been typed.
    func passOn() {
        if waiting.isEmpty {
            let count = read(terminal.descriptor, typed.baseAddress, typed.count)
            // Either another process was faster, or the terminal is gone, and then SIGHUP comes.
            guard count > 0 else { return count == 0 ? (original = nil) : () }
            waiting = 0..<count
            spread(typed[waiting])
        }
        let rest = UnsafeRawBufferPointer(rebasing: typed[waiting])
        let count = write(pseudoTerminal.master.number, rest.baseAddress, rest.count)
        if count > 0 { waiting = waiting.lowerBound + count..<waiting.upperBound }
    }

    /// Gives everybody in our group the signals of the keys, as the terminal would if it were not raw: a script or a
    /// make around us shall stop too.
    private func spread(_ bytes: Slice<UnsafeMutableRawBufferPointer>) {
        for byte in bytes {
            guard let signal = pseudoTerminal.signal(ofKey: byte) else { continue }
            interrupts += 1
            kill(0, signal)
        }
    }
}
