package import PulumiCloud

/// What became of one lease, or of some tokens.
package struct RevocationReport: Sendable {
    /// How a token ended.
    package enum Ending: String, Sendable {
        case revoked
        /// Somebody else had revoked it, or it had expired.
        case gone
    }

    /// Why there was nothing to revoke.
    package enum Over: Equatable, Sendable {
        case settled
        /// Unix time, seconds.
        case expired(Int64)
        /// An exchanged token, and its expiry: Unix time, seconds.
        case notRevocable(Int64)
    }

    /// That a token expired while its job still ran.
    package struct Expiry: Equatable, Sendable {
        /// The most that an organization allows.
        package struct Cap: Equatable, Sendable {
            package var organization: String
            package var days: Int64
        }

        package var secondsAgo: Int64
        /// nil where the token could have had more.
        package var cap: Cap?
    }

    package var ended: [(id: TokenID, ending: Ending)] = []
    /// nil when the token did not expire before it was revoked.
    package var expired: Expiry?
    package var failures: [(leftover: Leftover, error: CloudError)] = []
    /// Lost replies: the list shows no token of theirs yet, but it is too early to be sure.
    package var pending: [Leftover] = []
    /// The credential is another one than the one that minted, so its 404 says nothing.
    package var isAnotherAccount = false
    /// Tokens that a record names, and that the list shows as something else than what it says.
    package var disowned: [TokenID] = []
    /// The job was told a script and has not sourced it, so it worked with another credential.
    package var wasNeverSourced = false
    /// Tokens that the list shows as never used.
    package var unused: [TokenID] = []
    /// Whether the job's commands had the token in their environment.
    package var isExported = false
    /// How the job worked with its token.
    package var traces = JobTraces()
    /// nil when something was to be revoked.
    package var over: Over?
    /// In uptime; nil when nothing was to be revoked.
    var begun: Duration?

    package init() {}

    package var leftovers: [Leftover] { failures.map(\.leftover) + pending }

    /// Why another account's 404 does not count, for people.
    package static let otherAccount = "the credential is not its parent credential"

    /// Why a token is left alone that a record names, for people.
    package static let notItsOwn = "the record that names it does not match its tag"

    /// Why a lost reply is not settled, for people.
    package static let notListedYet = "it is not in the list, but the server might still mint it"

    /// What is still valid for certain, and why, for people: without the lost replies that may have come to nothing.
    package var unended: [(leftover: Leftover, reason: String)] {
        failures.map { ($0.leftover, $0.error.summary) }
            + pending.filter { $0.tokenID != nil }.map { ($0, Self.otherAccount) }
    }

    /// Whether another credential could do what this one may not.
    var isRefused: Bool {
        isAnotherAccount || failures.contains { [401, 403].contains($0.error.status) }
    }
}
