internal import CISystems
package import PulumiCloud
package import Secrets
package import Supervision

/// What a user asked for.
package struct MintRequest: Sendable {
    /// For people; the tag comes behind it.
    package var text: String
    /// Which run it is, where the text does not say so.
    package var origin: String?
    package var lifetime: Lifetime
    /// nil for the kind that fits the credential.
    package var kind: TokenKind?
    /// The id of a role; of an organization's token only.
    package var role: String?
    /// With an administrator's rights; of an organization's token only.
    package var isAdmin: Bool
    /// What the API's audit shows; nil for what the CI system says of the job.
    package var reason: String?
    /// Whether the job gets a credentials directory of its own.
    package var isIsolated: Bool
    /// The guardian stays until this process ends, and then revokes; nil when the token is the job's to revoke.
    package var guarded: WatchedProcess?
    /// The directory of the helper for which it is minted, which goes when the helper is killed; nil for none.
    package var helper: String?
    /// The process that stands for the job, so that a later run knows when it is over; nil when none is visible.
    package var job: WatchedProcess?
    /// Whether the token is left to other jobs when that process ends.
    package var outlivesJob = false
    /// Compare the expiry that was granted with the one that was asked for.
    package var verifies: Bool
    /// Return only when the cloud accepts the new token.
    package var waits: Bool
    /// The private directory of the job has the token, whatever minted it.
    package var keepsToken = false
    /// Mint nothing while what an earlier process left half-done cannot be revoked.
    package var needsCleanStart: Bool

    package init(
        text: String,
        origin: String? = nil,
        lifetime: Lifetime,
        kind: TokenKind? = nil,
        role: String? = nil,
        isAdmin: Bool = false,
        reason: String?,
        isIsolated: Bool = true,
        verifies: Bool = false,
        waits: Bool = false,
        needsCleanStart: Bool = false
    ) {
        self.text = text
        self.origin = origin
        self.lifetime = lifetime
        self.kind = kind
        self.role = role
        self.isAdmin = isAdmin
        self.reason = reason
        self.isIsolated = isIsolated
        self.verifies = verifies
        self.waits = waits
        self.needsCleanStart = needsCleanStart
    }
}

extension MintRequest {
    /// What Pulumi Cloud shows of the token of a nonce.
    func description(as nonce: Nonce, of run: RunTag, in context: Context) -> Description {
        Description(
            text: context.console.withoutSecrets(text),
            origin: origin.map(context.console.withoutSecrets),
            nonce: nonce,
            run: run
        )
    }
}

extension MintRequest {
    /// What is asked for under a nonce of a lease.
    func newToken(as attempt: Lease.Unresolved, of lease: Lease, in context: Context) -> NewToken {
        NewToken(
            kind: lease.kind,
            name: lease.kind.tokenName(nonce: attempt.nonce.rawValue),
            description: description(as: attempt.nonce, of: lease.run, in: context).whole,
            expires: attempt.expires,
            reason: reason(for: lease.kind, in: context),
            role: role,
            isAdmin: isAdmin
        )
    }

    /// For the cloud's records; what goes into an audit log leads to the run.
    func reason(for kind: TokenKind, in context: Context) -> String {
        let system = context.system
        return context.console.withoutSecrets(reason ?? (kind == .personal ? system.defaultReason : system.auditReason))
    }
}

/// A token that can be exported to the job.
package struct Minted: Sendable {
    /// nil for an exchanged token, which nobody can revoke.
    package var id: TokenID?
    package var kind: TokenKind
    /// The API's URL.
    package var cloud: String
    package var value: Secret
    package var description: String
    /// Unix time, seconds.
    package var expires: Int64
    /// From the grant on, in seconds; this machine's clock, which may be off, has no part in it.
    package var lifetime: Int64
    package var reason: String?

    package var isRevocable: Bool { id != nil }
}

extension Minted {
    /// What a record says of a token whose value is elsewhere; nil when there is none yet.
    package init?(of lease: Lease, lifetime: Int64) {
        guard let token = lease.token else { return nil }
        self.init(
            id: token.id,
            kind: lease.kind,
            cloud: lease.cloud,
            value: Secret(""),
            description: token.description ?? "",
            expires: token.expires,
            lifetime: lifetime
        )
    }
}
