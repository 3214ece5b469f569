internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Standard output or standard error.
package struct StandardStream: Sendable {
    package let descriptor: Int32
    /// For messages.
    package let name: String

    package init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    package static let standardOutput = StandardStream(descriptor: 1, name: "standard output")
    package static let standardError = StandardStream(descriptor: 2, name: "standard error")

    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Whether what is written goes into a file or to nobody, and so past whoever shows the log.
    package var isKept: Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return true }
        return status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFCHR && !isTerminal
    }

    /// The number of columns of the terminal; nil when it is none.
    package var width: Int? {
        var size = winsize()
        guard platform_get_window_size(descriptor, &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Ends this process as a program ends that writes what nobody reads any more: at once, silently, by SIGPIPE.
    ///
    /// Only where nothing is left to be revoked or removed.
    package static func endUnread() -> Never {
        _ = platform_set_default(SIGPIPE)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(SIGPIPE)
        _exit(128 + SIGPIPE)
    }

    /// Writes everything, in as few calls as the system allows.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let code = writeAll(bytes, to: descriptor)
        guard code == 0 else { throw FileError(.write, name, code: code) }
    }

    package func write(_ text: String) throws(FileError) {
        var text = text
        let outcome: Result<Void, FileError> = text.withUTF8 { bytes in
            Result { () throws(FileError) in try write(UnsafeRawBufferPointer(bytes)) }
        }
        try outcome.get()
    }
}
