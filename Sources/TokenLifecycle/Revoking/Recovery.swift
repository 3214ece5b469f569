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
    package private(set) var unknown: [Lease] = []

    /// - Parameter stores: where to look; a record that is in two of them counts once.
    package init(_ context: Context, _ stores: [LeaseStore], of cloud: CloudURL) {
        self.context = context
        self.stores = stores
        self.cloud = cloud
    }

    /// The leases that nobody will ever finish or revoke but us, the oldest first, and never too many.
    ///
    /// - Parameter all: judged with them.
    package mutating func abandoned() -> [StoredLease] {
        var found: [StoredLease] = []
        for store in stores {
            store.removeUnfinished()
            let leases = ((try? store.leases(of: nil))?.leases ?? []).sorted { $0.lease.created < $1.lease.created }
            for stored in leases where !found.contains(where: { $0.lease.id == stored.lease.id }) {
                switch store.state(of: stored, in: cloud) {
                case .living, .foreign: continue
                case .expired: stored.close(at: context.clock.unixTime())
                case .unknown:
                    if !unknown.contains(where: { $0.id == stored.lease.id }) { unknown.append(stored.lease) }
                case .abandoned:
                    // Its owner may have finished between our reading and our asking for it; now that it is over, the
                    // record does not change any more.
                    guard let current = stored.current(), store.state(of: current, in: cloud) == .abandoned else {
                        continue
                    }
                    found.append(current)
                }
            }
        }
        return Array(found.prefix(Self.limit))
    }

    /// Revokes them.
    package mutating func run(by revoker: inout Revoker) {
        let leases = abandoned()
        guard !leases.isEmpty, let reports = try? revoker.revoke(leases, isPatient: false) else { return }
        recovered = zip(leases, reports).map { ($0.lease, $1) }
    }

    /// Revokes them before a mint, and says so.
    package mutating func revokeHalfDone(by revoker: inout Revoker) {
        run(by: &revoker)
        for (lease, report) in recovered {
            for (id, ending) in report.ended where ending == .revoked {
                context.console.notice("revoked \(id), which process \(lease.owner.pid) had left half-done")
            }
            for leftover in report.leftovers { context.console.notice("left for later: \(leftover.sentence)") }
        }
    }

    /// What could not be revoked, with the reason.
    package var failures: [(leftover: Leftover, reason: String)] { recovered.flatMap(\.report.unended) }
}
