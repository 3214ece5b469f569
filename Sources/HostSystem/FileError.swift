#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// An operation on a file that the operating system refused.
package struct FileError: Error, Equatable, Sendable {
    /// What was tried, as a verb: `open`, `write`, `rename`.
    package var operation: String
    package var path: String
    /// The value of `errno`.
    package var code: Int32

    package init(_ operation: String, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// What the last system call of this thread left in `errno`.
    package static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation, path, code: errno)
    }

    /// For people: lower case, no full stop.
    package var reason: String {
        switch (operation, code) {
        case (_, ELOOP): "it is a symbolic link, which is not followed here"
        case (_, 0): "it is not a regular file"
        case ("use", EPERM), ("read", EPERM): "it belongs to another user"
        case ("use", EACCES): "others may write in it"
        default: String(cString: strerror(code)).lowercased()
        }
    }

    /// Whether nobody reads any more what is written.
    package var isBrokenPipe: Bool { code == EPIPE }

    /// The signal that ends a program which writes what nobody reads.
    package static let brokenPipeSignal = SIGPIPE

    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
}
