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
}
