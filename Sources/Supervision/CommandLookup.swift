internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Finds the file that a command names, as `execvp` does, and whatever would keep the kernel from executing it.
///
/// All of it happens before the mint: a mistyped command costs no token.
package struct CommandLookup {
    /// What `execvp` searches when there is no `PATH`.
    private static let usualFolders = Array("/bin:/usr/bin".utf8)

    private let folders: [[UInt8]]

    /// - Parameter searchPath: the value of `PATH`; nil when it is not set.
    package init(searchPath: [UInt8]?) {
        folders = (searchPath ?? Self.usualFolders)
            .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// - Parameter command: as the user wrote it, byte by byte.
    /// - Returns: a path for `execve`.
    package func path(of command: [UInt8]) throws(CommandError) -> [UInt8] {
        let name = String(decoding: command, as: UTF8.self)
        guard !command.contains(UInt8(ascii: "/")) else {
            let code = Self.accessCode(command)
            guard code == 0 else { throw CommandError(executing: name, code: code) }
            try ProgramFile(command).check()
            return command
        }
        var denied: CommandError?
        for folder in command.isEmpty ? [] : folders {
            // An empty entry is the current folder.
            let path = folder.isEmpty ? command : folder + [UInt8(ascii: "/")] + command
            switch Self.accessCode(path) {
            case 0:
                try ProgramFile(path).check()
                return path.contains(UInt8(ascii: "/")) ? path : Array("./".utf8) + path
            case let code where code == EACCES || code == EISDIR:
                // As with `execvp`: a later folder may have one that can be executed.
                let error = CommandError.notExecutable(path: String(decoding: path, as: UTF8.self), code: code)
                denied = denied ?? (code == EACCES ? error : nil)
            default: continue
            }
        }
        throw denied ?? .notFound(command: name, isPath: false)
    }

    /// 0 for a regular file that we may execute, otherwise why not, as a value of `errno`.
    static func accessCode(_ path: [UInt8]) -> Int32 {
        withCString(path) { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return errno }
            guard status.st_mode & S_IFMT != S_IFDIR else { return EISDIR }
            guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
            return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno
        }
    }
}

/// Lends bytes to a C function that wants them ended by NUL.
func withCString<Result>(_ bytes: some Sequence<UInt8>, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let text = bytes.map { CChar(bitPattern: $0) } + [0]
    return text.withUnsafeBufferPointer { text in
        guard let start = text.baseAddress else { preconditionFailure("there is at least the NUL") }
        return body(start)
    }
}
