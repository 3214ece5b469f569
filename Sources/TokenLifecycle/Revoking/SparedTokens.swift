package import Credentials
internal import HostSystem
package import PulumiCloud

/// The tokens that a sweep must not revoke: what authenticates it, and what somebody on this machine works with.
package struct SparedTokens {
    private var ids: Set<TokenID> = []
    /// Of mints that are under way: their tokens may exist already.
    private var nonces: Set<Nonce> = []
    /// Whether the credential, if it is a minted token, is among them.
    package private(set) var isOwnKnown = false

    package init(_ ids: Set<TokenID> = [], isOwnKnown: Bool) {
        self.ids = ids
        self.isOwnKnown = isOwnKnown
    }

    package static func find(
        for scope: Sweep.Scope,
        of session: Session?,
        access: CloudAccess,
        context: Context
    ) -> SparedTokens {
        // An exchanged token has no description, so it is in no sweep's scope.
        var spared = SparedTokens(isOwnKnown: access.exchanged != nil)
        if let own = context.environment.nonEmpty("PULUMI_ACCESS_TOKEN_ID").flatMap(TokenID.init) {
            spared.ids.insert(own)
            spared.isOwnKnown = true
        }
        let store = LeaseStore(context)
        for stored in (try? store.leases(of: nil))?.leases ?? [] {
            let lease = stored.lease
            let isOwn = lease.isOf(access)
            spared.isOwnKnown = spared.isOwnKnown || isOwn
            let isLiving = [.living, .unknown].contains(store.state(of: stored, in: access.cloud.url))
            if isOwn || isLiving && isInUse(lease, scope, session) { spared.add(lease) }
        }
        return spared
    }

    private mutating func add(_ lease: Lease) {
        if let id = lease.tokenID { ids.insert(id) }
        nonces.formUnion(lease.unresolved.map(\.nonce))
    }

    /// Whether a listed token must live on.
    func holds(_ token: ListedToken) -> Bool {
        ids.contains(token.id) || Description(parsing: token.description).map { nonces.contains($0.nonce) } ?? false
    }

    /// In the scope of a run the other jobs are over, as the caller says by asking, and of runs that are over, as their
    /// system says; this job's lease is not.
    private static func isInUse(_ lease: Lease, _ scope: Sweep.Scope, _ session: Session?) -> Bool {
        if case .olderThan = scope { return true }
        guard lease.isExported, lease.holder != .supervisor else { return true }
        return lease.session == session?.name
    }
}
