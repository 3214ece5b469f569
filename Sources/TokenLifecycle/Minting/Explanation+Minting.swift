package import HostSystem
package import PulumiCloud

/// Why nothing was minted, although there is a credential.
extension Explanation {
    /// A token of an earlier process is still valid, and the user wants a clean start.
    package static func leftBehind(_ leftover: Leftover, reason: String) -> Explanation {
        Explanation(
            .unavailable,
            "cannot revoke a token from an earlier run: \(leftover.sentence): \(reason)",
            hint:
                "run pulumi-token sweep to try again, or mint without --fail-on-revoke-error"
        )
    }

    /// The record would replace that of a token which may be valid.
    package static func leaseTaken(path: String) -> Explanation {
        Explanation(
            .cannotWrite,
            "cannot use \(path): it already contains a lease record",
            hint: "run pulumi-token revoke --lease \(path) first"
        )
    }

    /// The record would replace something else.
    package static func notALease(path: String) -> Explanation {
        Explanation(
            .cannotWrite,
            "cannot use \(path): the file exists and is not a lease record that this version can read",
            hint: "set --lease to another path"
        )
    }

    private static let privateFolderHint = "set TMPDIR to a directory that can be written"

    /// No place for the private directory of the job; nil when none is known.
    package static func noPrivateFolder(_ error: FileError?) -> Explanation {
        Explanation(
            .cannotWrite,
            "cannot create a private directory: \(error.map { "\($0.path): \($0.reason)" } ?? "no place is known")",
            hint: privateFolderHint
        )
    }

    package static func unwritableFolder(_ error: FileError) -> Explanation {
        Explanation(.cannotWrite, "cannot write \(error.path): \(error.reason)", hint: privateFolderHint)
    }

    /// The exchanged token itself has other rights than those that were asked for.
    package static func otherKind(_ kind: TokenKind, exchanged: TokenKind) -> Explanation {
        Explanation(
            .usage,
            "--oidc-use direct uses a token of the kind \(exchanged.name), but --kind is \(kind.name)",
            hint: "remove --kind, or set --oidc-use to mint"
        )
    }

    /// - Parameter place: the option or variable.
    package static func unusableSession(place: String) -> Explanation {
        Explanation(.usage, "\(place) is too long or has a control character", hint: "use a plain name")
    }
}

/// A token that is not what was asked for; it is revoked at once.
extension Explanation {
    private static let revokedHint = "the token was revoked; contact the administrator of this Pulumi Cloud"

    package static let notListed = Explanation(.failed, "the new token is not in the list of tokens", hint: revokedHint)
    package static func notAccepted(_ reason: String) -> Explanation {
        Explanation(
            .unavailable,
            "Pulumi Cloud does not accept the new token: \(reason)",
            hint: "the token was revoked; try again later, or remove --wait"
        )
    }

    package static let neverExpires = Explanation(
        .failed,
        "Pulumi Cloud minted a token that never expires",
        hint: revokedHint
    )

    /// Both Unix time, seconds.
    package static func expiresLater(granted: Int64, asked: Int64) -> Explanation {
        Explanation(
            .failed,
            "Pulumi Cloud minted a token that expires \(Moment(granted)) instead of \(Moment(asked))",
            hint: revokedHint
        )
    }
}
