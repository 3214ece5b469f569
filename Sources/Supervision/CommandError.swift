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
        // What is assigned may be a secret.
        case .notFound(let command, isPath: false) where Self.assigns(command):
            "an assignment is not a command: \(command.prefix { $0 != "=" })"
        case .notFound(let command, _): "command not found: \(command)"
        case .notExecutable(let path, let code): "cannot execute \(path): \(reason(code))"
        case .interpreterMissing(let path, let interpreter) where interpreter.hasSuffix("\r"):
            "cannot execute \(path): its lines end with CR LF"
        case .interpreterMissing(let path, let interpreter): "cannot execute \(path): \(interpreter) is missing"
        case .unknownFormat(let path): "cannot execute \(path): \(reason(ENOEXEC))"
        case .otherProcessor(let path): "cannot execute \(path): it was built for another processor"
        case .notStarted(let path, let code): "cannot start \(path): \(reason(code))"
        }
    }

    package var hint: String? {
        switch self {
        case .notFound(_, isPath: true): nil
        case .notFound(let command, isPath: false) where Self.assigns(command):
            "set variables with env, as in exec -- env NAME=VALUE COMMAND"
        case .notFound(let command, isPath: false) where Self.builtIns.contains(command):
            "use a shell, as in exec -- sh -c 'COMMANDS': the command is part of the shell"
        case .notFound(let command, isPath: false):
            command.contains(" ")
                ? "remove the quotes around the whole command, or use sh -c"
                : "install it, or add its directory to PATH"
        case .notExecutable: nil
        case .interpreterMissing(_, let interpreter) where interpreter.hasSuffix("\r"):
            "convert its line ends to LF"
        case .interpreterMissing: "install it, or a program that was built for this system"
        case .unknownFormat: "add #!/bin/sh as its first line, or run it as sh SCRIPT"
        case .otherProcessor: "install the program for this processor"
        case .notStarted(_, let code): code == E2BIG ? "use fewer or shorter arguments and variables" : nil
        }
    }

    /// What a shell does itself, and people write as if it were a program.
    private static let builtIns: Set<String> = [
        ".", "alias", "cd", "eval", "exec", "exit", "export", "set", "source", "trap", "ulimit", "umask", "unset",
        "wait",
    ]

    /// Whether it is an assignment, which only a shell would understand.
    private static func assigns(_ command: String) -> Bool {
        let name = command.prefix { $0 != "=" }
        return name.endIndex != command.endIndex && name.first?.isNumber == false
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
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
