internal import HostSystem
package import PulumiCloud

/// Revokes what is provably over on this machine, as its lease records say.
package struct MachineSweep {
    private let recovery: Recovery
    private let folders: [LeaseFolder]

    package init(_ context: Context, of cloud: CloudURL) {
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

    /// - Parameter unnamed: told of a mint without a reply that could not be looked after.
    package func run(by revocation: Revocation, unnamed: (Leftover, CloudError?) -> Void) -> [Sweep.Entry] {
        var entries: [Sweep.Entry] = []
        recovery.run(in: folders, with: revocation, isStrict: false) { lease, report in
            entries += report.ended.map {
                Sweep.Entry(token: Self.listed($0.id, lease), outcome: $0.ending == .revoked ? .revoked : .gone)
            }
            for (leftover, error) in report.failures {
                guard let id = leftover.tokenID else {
                    unnamed(leftover, error)
                    continue
                }
                entries.append(Sweep.Entry(token: Self.listed(id, lease), outcome: .failed, error: error.summary))
            }
            for leftover in report.pending where leftover.tokenID == nil { unnamed(leftover, nil) }
        }
        return entries
    }

    private static func listed(_ id: TokenID, _ lease: Lease) -> ListedToken {
        ListedToken(id: id, description: lease.description ?? "", expires: lease.expires)
    }
}
