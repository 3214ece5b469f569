package import Credentials
internal import HostSystem
package import PulumiCloud

/// The tokens that a sweep must not revoke: what authenticates it, and what somebody on this machine works with.
package struct SparedTokens {
    package private(set) var ids: Set<TokenID> = []
    /// Whether the credential, if it is a minted token, is among them.
    package private(set) var isOwnKnown = false

    package init(_ ids: Set<TokenID> = [], isOwnKnown: Bool) {
        self.ids = ids
        self.isOwnKnown = isOwnKnown
    }

    package static func find(
        in folders: [LeaseFolder],
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
        let recovery = Recovery(here: context.process, cloud: access.cloud.url, now: context.clock.unixTime())
        for folder in folders {
            for case .lease(let lease) in (try? folder.entries()) ?? [] {
                guard let id = lease.tokenID else { continue }
                if access.fingerprint(lease.id) == lease.token {
                    spared.ids.insert(id)
                    spared.isOwnKnown = true
                } else if isLiving(lease, recovery, scope, session) {
                    spared.ids.insert(id)
                }
            }
        }
        return spared
    }

    /// In the scope of a run the other jobs are over, as the caller says by asking; this job's lease is not.
    private static func isLiving(
        _ lease: Lease,
        _ recovery: Recovery,
        _ scope: Sweep.Scope,
        _ session: Session?
    ) -> Bool {
        guard recovery.state(of: lease, isStrict: false) == .living else { return false }
        guard case .run = scope, lease.isExported, lease.holder != .supervisor else { return true }
        return lease.session == session?.name
    }
}
