package import HostSystem
package import PulumiCloud
package import Supervision

/// The record that makes a minted token revocable, written before the token exists.
///
/// It holds no secret.
package struct Lease: Equatable, Sendable {
    /// Who ends the token.
    package enum Holder: String, Sendable {
        /// The job that called `mint`, by `revoke`.
        case job
        /// The process that runs the command, by itself.
        case supervisor
        /// The post stage of the GitHub action.
        case action
    }

    /// A nonce under which a token of unknown id may exist, or may yet come to exist.
    package struct Unresolved: Equatable, Sendable {
        package var nonce: Nonce
        /// Unix time, seconds, at which the request went out.
        package var since: Int64
        /// Unix time, seconds, at which such a token dies by itself.
        package var expires: Int64

        package init(nonce: Nonce, since: Int64, expires: Int64) {
            self.nonce = nonce
            self.since = since
            self.expires = expires
        }
    }

    /// A token that exists.
    package struct Token: Equatable, Sendable {
        /// Pulumi Cloud's identifier; nil for an exchanged token.
        package var id: TokenID?
        /// Which value it has, recognizable only by somebody who has it; nil when the value was lost.
        package var fingerprint: Fingerprint?
        /// Unix time, seconds.
        package var expires: Int64
        /// What Pulumi Cloud shows, with the tag; nil when it has none.
        package var description: String?
        /// Whether its deletion by means of itself may have gone out: it can then ask nothing any more.
        package var isEndingItself = false

        package init(id: TokenID?, fingerprint: Fingerprint?, expires: Int64, description: String? = nil) {
            self.id = id
            self.fingerprint = fingerprint
            self.expires = expires
            self.description = description
        }

        /// Under which it was minted; nil when it has no description.
        var nonce: Nonce? { description.flatMap(Description.init(parsing:))?.nonce }
    }

    /// The version of this format.
    package static let currentVersion = 1

    package var version = currentVersion
    /// Names the record among those of its session.
    package var id: Nonce
    package var session: String
    /// The API's URL.
    ///
    /// Compared with the one that a command was told to use, never used instead of it.
    package var cloud: String
    /// Where its tokens are listed and revoked.
    package var kind: TokenKind
    package var run: RunTag
    package var holder: Holder
    package var owner: ProcessIdentity
    /// Unix time, seconds.
    package var created: Int64
    /// Which credential minted, recognisable only by somebody who has it.
    package var parent: Fingerprint
    package var unresolved: [Unresolved] = []
    /// The token, once the reply has arrived and until it is revoked.
    package var token: Token?
    /// What had to be added to this machine's clock to get the server's, seconds; nil while no reply has told.
    package var clockOffset: Int64?
    /// Whether the job has got the token.
    package var isExported = false
    /// Whether somebody can revoke the token: an exchanged one has no id.
    package var isRevocable = true
    /// How long a request may take, seconds: what is not in a list that much later was never minted.
    package var requestTimeout: Int64
    /// The folder of the files that the job was given.
    package var folder: String?
    /// The files that the user had the token written to.
    package var files: [FileMark] = []
    /// The process that stands for the job, on the machine of the owner; nil when none was visible.
    package var job: WatchedProcess?
    /// Whether the token is left to other jobs when that process ends.
    package var outlivesJob = false
    /// Where the CI system runs one job at a time, as the system names it; nil when it has no such place.
    package var slot: String?
    /// By which the job's commands know the token; nil where they do not find it in their environment.
    package var variable: String?
    /// Absolute path of the program that minted, for a shell that does not find it; nil where it has none.
    package var executable: String?
    /// The directory of the helper that gives the token out; nil when none does.
    package var helper: String?

    package init(
        id: Nonce,
        session: String,
        cloud: String,
        kind: TokenKind = .personal,
        run: RunTag,
        holder: Holder,
        owner: ProcessIdentity,
        created: Int64,
        parent: Fingerprint,
        requestTimeout: Int64
    ) {
        self.id = id
        self.session = session
        self.cloud = cloud
        self.kind = kind
        self.run = run
        self.holder = holder
        self.owner = owner
        self.created = created
        self.parent = parent
        self.requestTimeout = requestTimeout
    }

    /// The `PULUMI_CREDENTIALS_PATH` that the job may have been given; nil without a folder.
    package var credentialsFolder: String? { folder.map { JobFolder.credentialsFolder(at: $0) } }

    /// Pulumi Cloud's identifier of the token; nil while there is none.
    package var tokenID: TokenID? { token?.id }

    /// Whether nothing is left to revoke.
    package var isSettled: Bool { tokenID == nil && unresolved.isEmpty }

    /// Unix time, seconds, at which the last of its tokens has expired.
    package var lastExpiry: Int64 {
        (unresolved.map(\.expires) + [token?.expires ?? 0]).max() ?? 0
    }

    /// Whether the last of its tokens expired a while ago, in the server's time as far as that is known.
    ///
    /// A clock that was ahead is corrected, one that was behind is not: so no offset, be it that of a clock which has
    /// been set since or of a planted record, makes a token count as expired that would not count so without it.
    ///
    /// - Parameters:
    ///   - now: this machine's Unix time, seconds.
    ///   - margin: how long ago, in seconds.
    package func hasExpired(at now: Int64, margin: Int64) -> Bool {
        isOver(lastExpiry + margin, at: now)
    }

    /// How many seconds its last token has, in the server's time as far as that is known; negative after its end.
    func secondsLeft(at now: Int64) -> Int64 { lastExpiry - (now + min(0, clockOffset ?? 0)) }

    /// Whether a moment of the server is over.
    func isOver(_ moment: Int64, at now: Int64) -> Bool {
        moment < now + min(0, clockOffset ?? 0)
    }
}
