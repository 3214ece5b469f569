package import Credentials
package import HostSystem
package import PulumiCloud

/// The tokens that a sweep must not revoke: what authenticates it, and what somebody on this machine works with.
package struct SparedTokens {
    package private(set) var ids: Set<TokenID> = []
    /// Whether the credential, if it is a minted token, is among them.
    private var isOwnKnown = false

    /// - Throws: 77 when the credential is a minted token and nothing says which, so that the sweep could revoke it.
    package static func find(
        in folders: [LeaseFolder],
        for scope: Sweep.Scope,
        of session: Session?,
        access: CloudAccess,
        context: Context
    ) throws(Explanation) -> Set<TokenID> {
        var spared = SparedTokens()
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
        guard spared.isOwnKnown || !seemsMinted(access, context.environment) else {
            throw Explanation(
                .notAllowed,
                "the credential is a minted token whose id is not known, so it could sweep itself away",
                hint: "set PULUMI_ACCESS_TOKEN_ID, or sweep with the credential that minted"
            )
        }
        return spared.ids
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

    /// Whether the environment is one to which a token was exported.
    private static func seemsMinted(_ access: CloudAccess, _ environment: Environment) -> Bool {
        guard case .variable = access.source else { return false }
        let folder = environment.nonEmpty("PULUMI_CREDENTIALS_PATH").map(JobFolder.isCredentialsFolder) ?? false
        return folder || environment.nonEmpty(Session.variable) != nil
    }
}
