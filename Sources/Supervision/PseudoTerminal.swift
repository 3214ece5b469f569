internal import CPlatform
package import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A terminal made for the command, whose output we read and whose keyboard we are.
package final class PseudoTerminal {
    /// Our side: what is read here, the command wrote; what is written here, the command reads.
    package let master: Descriptor
    /// The command's side; closed once the command has it.
    package private(set) var slave: Int32

    /// A pseudo-terminal like the one that the user sits at.
    ///
    /// - Parameter isForOutputOnly: what passes it goes on to a terminal that cooks it itself.
    package init(like terminal: Terminal, isForOutputOnly: Bool) throws(FileError) {
        var ends: (master: Int32, slave: Int32) = (-1, -1)
        let code = platform_open_terminal(&ends.master, &ends.slave)
        guard code == 0 else { throw FileError(.open, "a pseudo-terminal", code: code) }
        master = Descriptor(owning: ends.master, path: "a pseudo-terminal")
        slave = ends.slave
        if let attributes = terminal.attributes {
            Terminal(descriptor: slave).set(isForOutputOnly ? attributes.withoutOutputProcessing : attributes)
        }
        resize(to: terminal)
        _ = platform_set_nonblocking(master.number)
    }

    deinit {
        closeSlave()
    }

    package func closeSlave() {
        if slave >= 0 { close(slave) }
        slave = -1
    }

    /// Takes over the size of the user's terminal; says whether it was another one.
    ///
    /// The kernel tells the foreground group of the pseudo-terminal.
    @discardableResult
    package func resize(to terminal: Terminal) -> Bool {
        guard var size = terminal.size else { return false }
        let before = Terminal(descriptor: master.number).size
        _ = platform_set_window_size(master.number, &size)
        return before.map { $0.ws_row != size.ws_row || $0.ws_col != size.ws_col } ?? true
    }

    /// The signal that a key stands for at the moment; nil for a key that is plain input, or when no signal is raised.
    package func signal(ofKey key: UInt8) -> Int32? {
        // Of a pseudo-terminal, both sides have the attributes of the command's.
        guard let attributes = Terminal(descriptor: master.number).attributes,
            attributes.c_lflag & tcflag_t(ISIG) != 0
        else { return nil }
        let keys: [(index: Int32, signal: Int32)] = [(VINTR, SIGINT), (VQUIT, SIGQUIT)]
        return keys.first { attributes.controlCharacter($0.index) == key }?.signal
    }
}

extension termios {
    /// A control character; nil when it is disabled.
    fileprivate func controlCharacter(_ index: Int32) -> UInt8? {
        let byte = withUnsafeBytes(of: c_cc) { $0[Int(index)] }
        return byte == UInt8(platform_disabled_key) ? nil : byte
    }
}
