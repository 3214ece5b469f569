internal import HostSystem
package import PulumiCloud

/// Finishes what dead processes of this machine left half-done, before anything new is begun; what fails is left for the
/// next time.
package struct Recovery {
    /// What became of one lease.
    package typealias Recovered = (lease: Lease, report: RevocationReport)

    /// How many records one run looks after: somebody who plants thousands must not keep jobs from their work.
    private static let limit = 100

    private let context: Context
    private let stores: [LeaseStore]
    private let cloud: CloudURL
    package private(set) var recovered: [Recovered] = []
    /// Records of which nobody can tell from here whether their process is gone.
    private(set) var unknown: [(store: LeaseStore, lease: Lease)] = []
    private var expired: [StoredLease] = []
    private var unusable: [(store: LeaseStore, records: [UnusableRecord])] = []
    /// How many are left for the next run.
    private var beyond = 0

    /// - Parameter stores: where to look; a record that is in two of them counts once.
    package init(_ context: Context, _ stores: [LeaseStore], of cloud: CloudURL) {
        self.context = context
        self.stores = stores
        self.cloud = cloud
    }

    /// The leases that nobody will ever finish or revoke but us, the oldest first, and never too many.
    package mutating func abandoned() -> [StoredLease] {
        var abandoned: [StoredLease] = []
        for (store, stored) in leases() {
            switch store.state(of: stored, in: cloud) {
            case .living, .foreign: continue
            case .expired: expired.append(stored)
            case .unknown: unknown.append((store, stored.lease))
            case .abandoned where abandoned.count == Self.limit: beyond += 1
            case .abandoned:
                // Its owner may have finished between our reading and our asking for it; now that it is over, the
                // record does not change any more.
                guard let current = stored.current(), store.state(of: current, in: cloud) == .abandoned else {
                    continue
                }
                abandoned.append(current)
            }
        }
        return abandoned
    }

    /// All that is on record, each lease once, the oldest first.
    private mutating func leases() -> [(LeaseStore, StoredLease)] {
        var found: [(LeaseStore, StoredLease)] = []
        var seen: Set<Nonce> = []
        for store in stores {
            guard let stored = try? store.leases(of: nil) else { continue }
            unusable.append((store, stored.unusable))
            found += stored.leases.filter { seen.insert($0.lease.id).inserted }.map { (store, $0) }
        }
        return found.sorted { $0.1.lease.created < $1.1.lease.created }
    }

    /// Revokes them, and removes what is of use to nobody.
    package mutating func run(by revoker: inout Revoker) {
        let leases = abandoned()
        for stored in expired {
            stored.close(at: context.clock.unixTime())
            context.tell(TrailEvent(.expired, of: stored.lease, token: stored.lease.tokenID))
        }
        for (store, records) in unusable { store.clean(records) }
        if beyond > 0 { context.console.notice("\(beyond) more leftover records wait for the next run") }
        revoker.isRecovery = true
        defer { revoker.isRecovery = false }
        guard !leases.isEmpty, let reports = try? revoker.revoke(leases, isPatient: false) else { return }
        recovered = zip(leases, reports).map { ($0.lease, $1) }
        for id in reports.flatMap(\.disowned) {
            context.console.notice("kept \(id): \(RevocationReport.notItsOwn)")
        }
    }

    /// Revokes them before a mint, and says so.
    package mutating func revokeHalfDone(by revoker: inout Revoker) {
        run(by: &revoker)
        for (lease, report) in recovered {
            for (id, ending) in report.ended where ending == .revoked {
                let owner = "left over from process \(lease.owner.pid)"
                let past = lease.isHalfDone ? owner : "whose job has ended"
                context.console.notice("revoked \(id), \(past)")
            }
            for leftover in report.leftovers {
                context.console.notice("not revoked yet: \(leftover.sentence); a later run tries again")
            }
        }
    }

    /// What could not be revoked, with the reason.
    package var failures: [(leftover: Leftover, reason: String)] { recovered.flatMap(\.report.unended) }
}
