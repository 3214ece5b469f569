package import Credentials
internal import HostSystem
package import PulumiCloud

/// Revokes what is provably over on this machine, as its lease records say.
package struct MachineSweep {
    private let recovery: Recovery
    private let folders: [LeaseFolder]
    private let context: Context

    package init(_ context: Context, of cloud: CloudURL) {
        self.context = context
        recovery = Recovery(here: context.process, cloud: cloud, now: context.clock.unixTime())
        folders = LeasePlaces(context).all
    }

    /// What `run` would revoke.
    package func candidates() -> [Sweep.Entry] {
        var entries: [Sweep.Entry] = []
        for folder in folders {
            for (lease, state) in recovery.judge(folder, isStrict: false) where state == .abandoned {
                guard let id = lease.tokenID, !entries.contains(where: { $0.token.id == id }) else { continue }
                entries.append(Sweep.Entry(token: Self.listed(id, lease), outcome: .wouldRevoke))
            }
        }
        return entries
    }

    /// - Parameter unnamed: told of a mint without a reply whose token may live on, and why that is not known.
    package func run(by revocation: Revocation, unnamed: (Leftover, _ reason: String?) -> Void) -> [Sweep.Entry] {
        var entries: [Sweep.Entry] = []
        var seen: Set<Nonce> = []
        recovery.run(in: folders, with: revocation, isStrict: false) { lease, report in
            for entry in Self.entries(of: lease, report) { Self.add(entry, to: &entries) }
            // What stands in two folders is one mint.
            guard seen.insert(lease.id).inserted else { return }
            for (leftover, reason) in report.unended where leftover.tokenID == nil { unnamed(leftover, reason) }
            for leftover in report.pending where leftover.tokenID == nil { unnamed(leftover, nil) }
        }
        return entries
    }

    /// The leases of other sessions whose jobs have got their tokens: whether those jobs are over, nobody here knows.
    ///
    /// - Parameter session: of this job, if it has one.
    package func handedOver(outside session: Session?, access: CloudAccess) -> [(token: TokenID, expires: Int64)] {
        let own = context.environment["PULUMI_ACCESS_TOKEN_ID"]
        var found: [(token: TokenID, expires: Int64)] = []
        for (lease, state) in folders.flatMap({ recovery.judge($0, isStrict: false) }) {
            guard state == .living, lease.isExported, lease.holder != .supervisor, lease.session != session?.name,
                !lease.isOf(access), let id = lease.tokenID, id.rawValue != own, let expires = lease.expires,
                !lease.isOver(expires, at: context.clock.unixTime()), !found.contains(where: { $0.token == id })
            else { continue }
            found.append((id, expires))
        }
        return found
    }

    private static func entries(of lease: Lease, _ report: Revocation.Report) -> [Sweep.Entry] {
        report.ended.map { Sweep.Entry(token: listed($0.id, lease), outcome: $0.ending == .revoked ? .revoked : .gone) }
            + report.unended.compactMap { leftover, reason in
                leftover.tokenID.map { Sweep.Entry(token: listed($0, lease), outcome: .failed, error: reason) }
            }
    }

    /// A copy of a record tells nothing new, unless what failed has succeeded with it.
    private static func add(_ entry: Sweep.Entry, to entries: inout [Sweep.Entry]) {
        guard let index = entries.firstIndex(where: { $0.token.id == entry.token.id }) else {
            return entries.append(entry)
        }
        if entries[index].outcome == .failed { entries[index] = entry }
    }

    private static func listed(_ id: TokenID, _ lease: Lease) -> ListedToken {
        ListedToken(id: id, description: lease.description ?? "", expires: lease.expires)
    }
}
