package import HostSystem
package import PulumiCloud

/// A token that may live on although it should not.
package struct Leftover: Equatable, Sendable {
    /// nil when a reply was lost, so that nobody knows the id.
    package var tokenID: TokenID?
    /// Unix time, seconds, at which it dies by itself; 0 when that is not known.
    package var expires: Int64

    package init(tokenID: TokenID?, expires: Int64) {
        self.tokenID = tokenID
        self.expires = expires
    }

    /// What may live, and until when.
    package var sentence: String {
        let moment = expires > 0 ? "until \(Moment(expires))" : "for an unknown time"
        return tokenID.map { "token \($0) might be valid \(moment)" }
            ?? "a token of unknown ID (its reply was lost) might be valid \(moment)"
    }
}

/// Why a token was not minted, or not handed over.
package struct LifecycleError: Error, Equatable, Sendable {
    package var explanation: Explanation
    /// What undoing could not end; it stands in the record.
    package var leftovers: [Leftover]
    /// The status with which the cloud refused the mint itself; nil when it failed otherwise.
    package var refusal: Int?

    package init(_ explanation: Explanation, leftovers: [Leftover] = [], refusal: Int? = nil) {
        self.explanation = explanation
        self.leftovers = leftovers
        self.refusal = refusal
    }

    /// Whether the cloud answered that it mints nothing.
    var isRefusal: Bool { refusal != nil || explanation.exitCode == .notAllowed }

    func leaving(_ more: [Leftover]) -> LifecycleError {
        LifecycleError(explanation, leftovers: leftovers + more, refusal: refusal)
    }
}

extension Explanation {
    /// A record of a lease that could not be written.
    package init(unwritableLease error: FileError) {
        self.init(
            .cannotWrite,
            "cannot write the lease record \(error.path): \(error.reason)",
            hint: "set --lease to a path that can be written; without a record, nothing is minted"
        )
    }
}
