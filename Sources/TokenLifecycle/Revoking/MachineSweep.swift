package import Credentials
package import HostSystem
package import PulumiCloud

/// Revokes what is provably over on this machine, as its lease records say, and tells of the rest.
package struct MachineSweep {
    private let context: Context
    private let store: LeaseStore
    private var recovery: Recovery
    private let cloud: CloudURL

    package init(_ context: Context, _ store: LeaseStore, of cloud: CloudURL) {
        self.context = context
        self.store = store
        self.cloud = cloud
        recovery = Recovery(context, [store], of: cloud)
    }

    /// What `run` would revoke.
    package mutating func candidates() -> [Sweep.Entry] {
        let abandoned = recovery.abandoned()
        tellOfUnknown()
        return abandoned.compactMap { stored in
            stored.lease.token?.listed.map { Sweep.Entry(token: $0, kind: stored.lease.kind, outcome: .wouldRevoke) }
        }
    }

    /// What cannot be judged is named once, with the command that ends it, and what cannot be read as well.
    private func tellOfUnknown() {
        for record in (try? store.leases(of: nil))?.unusable ?? [] { context.console.warn(of: record) }
        for (store, lease) in recovery.unknown {
            context.console.notice(
                "not revoked: cannot tell from here whether process \(lease.owner.pid) has ended; after it ends, run "
                    + "\(store.command(revoking: lease))"
            )
        }
    }

    /// - Parameter unnamed: told of a mint without a reply whose token may be valid, and why that is not known.
    package mutating func run(
        by revoker: inout Revoker,
        unnamed: (Leftover, _ reason: String?) -> Void
    ) -> [Sweep.Entry] {
        recovery.run(by: &revoker)
        tellOfUnknown()
        for (_, report) in recovery.recovered {
            for (leftover, reason) in report.unended where leftover.tokenID == nil { unnamed(leftover, reason) }
            for leftover in report.pending where leftover.tokenID == nil { unnamed(leftover, nil) }
        }
        return recovery.recovered.flatMap { Self.entries(of: $0.lease, $0.report) }
    }

    /// The tokens of other sessions whose jobs have got them: whether those jobs are over, nothing here tells.
    ///
    /// What the list does not show any more was revoked elsewhere, so its record has no further use.
    ///
    /// - Parameter session: of this job, if it has one.
    package func unjudged(
        outside session: Session?,
        access: CloudAccess,
        within budget: TimeBudget,
        isDryRun: Bool
    ) -> [(token: TokenID, expires: Int64)] {
        let leases = handedOver(outside: session, access)
        let retrying = context.retrying(within: budget)
        let listed = Dictionary(grouping: leases, by: \.lease.kind).mapValues { leases in
            let listing = TokenListing(of: access.cloud, leases[0].lease.kind, retrying: retrying)
            return try? Set(listing.tokens(with: Set(leases.compactMap(\.lease.tokenID)), []).map(\.id))
        }
        return leases.compactMap { stored in
            guard let token = stored.lease.token, let id = token.id else { return nil }
            guard let shown = listed[stored.lease.kind] ?? nil, !shown.contains(id) else { return (id, token.expires) }
            // The list of another account shows none of them, whatever became of them.
            guard access.fingerprint(stored.lease.id) == stored.lease.parent else { return (id, token.expires) }
            if !isDryRun { close(stored, without: id) }
            return nil
        }
    }

    private func close(_ stored: StoredLease, without id: TokenID) {
        var stored = stored
        try? stored.update(.revoked(id))
        stored.close(at: context.clock.unixTime())
    }

    private func handedOver(outside session: Session?, _ access: CloudAccess) -> [StoredLease] {
        let own = context.environment["PULUMI_ACCESS_TOKEN_ID"]
        return ((try? store.leases(of: nil))?.leases ?? []).filter { stored in
            let lease = stored.lease
            guard store.state(of: stored, in: cloud) == .living, !lease.isHalfDone,
                lease.session != session?.name, !lease.isOf(access), let token = lease.token, let id = token.id
            else { return false }
            return id.rawValue != own && !lease.isOver(token.expires, at: context.clock.unixTime())
        }
    }

    private static func entries(of lease: Lease, _ report: RevocationReport) -> [Sweep.Entry] {
        let token = { (id: TokenID) in
            ListedToken(id: id, description: lease.token?.description ?? "", expires: lease.token?.expires)
        }
        let entry = { (id: TokenID, outcome: Sweep.Outcome, error: String?) in
            Sweep.Entry(token: token(id), kind: lease.kind, outcome: outcome, error: error)
        }
        return report.ended.map { entry($0.id, $0.ending == .revoked ? .revoked : .gone, nil) }
            + report.unended.compactMap { leftover, reason in leftover.tokenID.map { entry($0, .failed, reason) } }
    }
}

extension Lease.Token {
    fileprivate var listed: ListedToken? {
        id.map { ListedToken(id: $0, description: description ?? "", expires: expires) }
    }
}
