package import HostSystem

/// A token that is not what was asked for; it is revoked at once.
package enum VerificationError: ExplainedError, Equatable {
    case notListed
    case neverExpires
    /// Both Unix time, seconds.
    case expiresLater(granted: Int64, asked: Int64)

    package var exitCode: ExitCode { .failed }

    package var message: String {
        switch self {
        case .notListed: "the new token is not in the list of tokens"
        case .neverExpires: "the server made a token that never expires"
        case .expiresLater(let granted, let asked):
            "the server made a token that expires \(Moment(granted)) instead of \(Moment(asked))"
        }
    }

    package var hint: String? { "the token was revoked; ask whoever runs this Pulumi Cloud" }
}
