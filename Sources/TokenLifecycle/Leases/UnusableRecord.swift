package import HostSystem

/// What stands where a record should, and is left alone.
package enum UnusableRecord: Equatable, Sendable {
    /// No record of this version.
    case foreign(path: String, reason: String)
    /// A link, another user's file, or one that cannot be read.
    case unreadable(FileError)
    /// A folder of copies: the records themselves are in another one.
    case copies(FileError)

    package var path: String {
        switch self {
        case .foreign(let path, _): path
        case .unreadable(let error), .copies(let error): error.path
        }
    }
    /// What it means for a command that was to revoke by it.
    package var exitCode: ExitCode {
        switch self {
        case .foreign: .malformedFile
        case .unreadable: .unreadableFile
        case .copies: .done
        }
    }
}

extension Console {
    /// Says what was left alone.
    package func warn(of record: UnusableRecord) {
        switch record {
        case .foreign(let path, let reason): warning("ignored \(path): \(reason)", hint: "use the ID of the token")
        case .unreadable(let error):
            warning("ignored \(error.path): \(error.reason)", hint: "use the ID of the token")
        case .copies(let error):
            warning("cannot use the copies of the records: \(error.path): \(error.reason)")
        }
    }
}
