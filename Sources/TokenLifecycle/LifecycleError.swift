package import HostSystem
package import PulumiCloud

/// A token that may live on although it should not.
package struct Leftover: Equatable, Sendable {
    /// nil when a reply was lost, so that nobody knows the id.
    package var tokenID: TokenID?
    /// Unix time, seconds, at which it dies by itself.
    package var expires: Int64

    package init(tokenID: TokenID?, expires: Int64) {
        self.tokenID = tokenID
        self.expires = expires
    }
}

/// Why a token was not minted, or not handed over.
package struct LifecycleError: Error, Sendable {
    package enum Cause: Sendable {
        case explained(any ExplainedError)
        /// The number of the signal.
        case interrupted(Int32)
    }

    package var cause: Cause
    /// What undoing could not end; it stands in the record.
    package var leftovers: [Leftover]

    package init(_ cause: Cause, leftovers: [Leftover] = []) {
        self.cause = cause
        self.leftovers = leftovers
    }

    package static func explained(_ error: any ExplainedError) -> LifecycleError {
        LifecycleError(.explained(error))
    }
}

/// A record of a lease that could not be written.
package struct RecordError: ExplainedError {
    package let error: FileError

    package var exitCode: ExitCode { .cannotWrite }
    package var message: String { "cannot write the lease \(error.path): \(error.reason)" }
    package var hint: String? {
        "without a record the token could not be revoked, so none was minted; --lease chooses another place"
    }
}
