#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// An operation on a file that the operating system refused.
package struct FileError: Error, Equatable, Sendable {
    /// What was tried; its name is the verb in a message.
    package enum Operation: String, Sendable {
        case open, read, write, rename, list, make, stat, remove, synchronize, duplicate, start, lock
        case listen = "listen on"
        case connect = "connect to"
        /// Something that is there already.
        case use
        /// Something that has to be a regular file.
        case useAsFile = "use as a file"
    }

    package var operation: Operation
    package var path: String
    /// The value of `errno`.
    package var code: Int32

    package init(_ operation: Operation, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// What the last system call of this thread left in `errno`.
    package static func last(_ operation: Operation, _ path: String) -> FileError {
        FileError(operation, path, code: errno)
    }

    package static func notRegular(_ path: String) -> FileError {
        FileError(.useAsFile, path, code: EINVAL)
    }

    /// For people: lower case, no period.
    package var reason: String {
        switch (operation, code) {
        case (_, ELOOP): "it is a symbolic link, which is not followed here"
        case (.useAsFile, _): "it is not a regular file"
        case (.use, EPERM), (.read, EPERM): "it belongs to another user"
        case (.use, EACCES): "other users can write in it"
        case (.read, ETIMEDOUT): "it did not end in time"
        case (.read, EINTR): "interrupted by a signal"
        default: String(cString: strerror(code)).lowercased()
        }
    }

    /// Whether nobody reads any more what is written.
    package var isBrokenPipe: Bool { code == EPIPE }

    /// The signal that ends a program which writes what nobody reads.
    package static let brokenPipeSignal = SIGPIPE

    /// Whether nobody listens on a socket any more.
    package var isConnectionRefused: Bool { code == ECONNREFUSED }

    /// Whether what was to be made is there already.
    package var isTaken: Bool { code == EEXIST }

    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
}
