package import Credentials
internal import HostSystem
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

    /// What cannot be judged is named once, with the command that ends it.
    private func tellOfUnknown() {
        for (store, lease) in recovery.unknown {
            context.console.notice(
                "left alone: cannot tell from here whether process \(lease.owner.pid) is over; when it is, "
                    + "\(store.command(revoking: lease)) revokes what it left"
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

    /// The leases of other sessions whose jobs have got their tokens: whether those jobs are over, nobody here knows.
    ///
    /// - Parameter session: of this job, if it has one.
    package func handedOver(outside session: Session?, access: CloudAccess) -> [(token: TokenID, expires: Int64)] {
        let own = context.environment["PULUMI_ACCESS_TOKEN_ID"]
        return ((try? store.leases(of: nil))?.leases ?? []).compactMap { stored in
            let lease = stored.lease
            guard store.state(of: stored, in: cloud) == .living, !lease.isHalfDone, lease.session != session?.name,
                !lease.isOf(access), let token = lease.token, let id = token.id, id.rawValue != own,
                !lease.isOver(token.expires, at: context.clock.unixTime())
            else { return nil }
            return (id, token.expires)
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
