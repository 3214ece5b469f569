package import HostSystem

/// Why nothing was minted, although there is a credential.
package enum PreparationError: ExplainedError, Equatable {
    /// A token of an earlier process lives, and the user wants a clean start. `reason` is why it does.
    case leftBehind(Leftover, reason: String)
    /// The record would replace that of a token which may live.
    case leaseTaken(path: String)
    /// The record would replace something else.
    case notALease(path: String)
    /// No place for the private folder of the job; nil when none is known.
    case noPrivateFolder(FileError?)
    case unwritableFolder(FileError)
    /// The log would show what the export prints.
    case tracedLog
    /// - Parameter place: the option or variable.
    case unusableSession(place: String)

    package var exitCode: ExitCode {
        switch self {
        case .leftBehind: .unavailable
        case .leaseTaken, .notALease, .noPrivateFolder, .unwritableFolder: .cannotWrite
        case .tracedLog, .unusableSession: .usage
        }
    }

    package var message: String {
        switch self {
        case .leftBehind(let leftover, let reason):
            "what an earlier process left could not be revoked: \(leftover.sentence): \(reason)"
        case .leaseTaken(let path): "\(path) already holds a lease"
        case .notALease(let path): "\(path) is there already, and is no lease that this version understands"
        case .noPrivateFolder(let error):
            "cannot make a private folder: \(error.map { "\($0.path): \($0.reason)" } ?? "no place is known")"
        case .unwritableFolder(let error): "cannot write \(error.path): \(error.reason)"
        case .tracedLog: "this job's log shows every command with its values, and so the token"
        case .unusableSession(let place): "\(place) is too long or has a line break"
        }
    }

    package var hint: String? {
        switch self {
        case .leftBehind:
            "pulumi-token sweep tries again; without --fail-on-revoke-error this does not keep a mint from going on"
        case .leaseTaken(let path): "pulumi-token revoke --lease \(path) ends it"
        case .notALease: "choose another path with --lease"
        case .noPrivateFolder, .unwritableFolder: "set TMPDIR to a folder that can be written, or use --no-isolate"
        case .tracedLog: "use --export file or pulumi-token exec, or switch CI_DEBUG_TRACE off"
        case .unusableSession: "use a plain name"
        }
    }
}
