package import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Why a command cannot be started; found before anything is minted, as far as that is possible.
package enum CommandError: ExplainedError, Equatable {
    /// No such file, or none of that name in `PATH`.
    case notFound(command: String, isPath: Bool)
    /// The file is there, but may not be executed; `code` is a value of `errno`.
    case notExecutable(path: String, code: Int32)
    /// What would have to interpret the file, as its first line or its ELF header says, is not there.
    case interpreterMissing(path: String, interpreter: String)
    /// Neither a program of this machine nor a script that names its interpreter.
    case unknownFormat(path: String)
    /// A program, but its instructions are another processor's.
    case otherProcessor(path: String)
    /// Something else than the file itself; `code` is a value of `errno`.
    case notStarted(path: String, code: Int32)

    package var exitCode: ExitCode {
        switch self {
        case .notFound, .interpreterMissing: .notFound
        case .notExecutable, .unknownFormat, .otherProcessor: .notExecutable
        case .notStarted: .notStarted
        }
    }

    package var message: String {
        switch self {
        case .notFound(let command, _): "there is no command \(command)"
        case .notExecutable(let path, let code): "\(path) cannot be executed: \(reason(code))"
        case .interpreterMissing(let path, let interpreter): "\(path) cannot run: \(interpreter) is missing"
        case .unknownFormat(let path): "\(path) cannot be executed: \(reason(ENOEXEC))"
        case .otherProcessor(let path): "\(path) cannot be executed: it was built for another processor"
        case .notStarted(let path, let code): "\(path) cannot be started: \(reason(code))"
        }
    }

    package var hint: String? {
        switch self {
        case .notFound(_, isPath: true): nil
        case .notFound(let command, isPath: false):
            command.contains(" ")
                ? "give its words one by one, without quotes around all of them, or run sh -c"
                : "it is in no folder of PATH"
        case .notExecutable: nil
        case .interpreterMissing: "install it, or a program that was built for this system"
        case .unknownFormat: "a script begins with #!/bin/sh, or is run as sh SCRIPT"
        case .otherProcessor: "install the one for this machine"
        case .notStarted(_, let code): code == E2BIG ? "its arguments and variables are too long" : nil
        }
    }

    /// What `execve` made of a file.
    init(executing path: String, code: Int32) {
        switch code {
        case ENOENT, ENOTDIR: self = .notFound(command: path, isPath: true)
        case EACCES, EPERM, EISDIR, ELOOP, ETXTBSY: self = .notExecutable(path: path, code: code)
        case ENOEXEC, ELIBBAD: self = .unknownFormat(path: path)
        default: self = .notStarted(path: path, code: code)
        }
    }
}

private func reason(_ code: Int32) -> String {
    String(cString: strerror(code)).lowercased()
}
