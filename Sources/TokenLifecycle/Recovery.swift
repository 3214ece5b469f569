package import HostSystem
package import PulumiCloud

/// Finishes what dead processes of this machine left half-done.
package struct Recovery {
    /// What is known of a record without asking anybody.
    package enum State: Equatable, Sendable {
        /// Somebody is at work on it, or a job has its token.
        case living
        /// Nobody will ever finish or end it but us.
        case abandoned
        /// Its tokens have died by themselves.
        case expired
        /// A record of another cloud, which is none of our business now.
        case foreign
    }

    private let here: ProcessIdentity
    private let cloud: CloudURL
    /// Unix time, seconds.
    private let now: Int64

    package init(here: ProcessIdentity, cloud: CloudURL, now: Int64) {
        self.here = here
        self.cloud = cloud
        self.now = now
    }

    /// - Parameter isStrict: only what is half-done; otherwise also a finished mint of an earlier boot, whose job is
    ///   certainly over.
    package func state(of lease: Lease, isStrict: Bool) -> State {
        guard lease.cloud == cloud.text else { return .foreign }
        // The margin covers a clock that is off, and a token that is accepted a little longer.
        guard lease.lastExpiry + 86400 > now else { return .expired }
        guard lease.isExported && lease.holder != .supervisor else {
            return lease.owner.isOver(seenFrom: here) == true ? .abandoned : .living
        }
        return !isStrict && lease.owner.isFromEarlierBoot(of: here) ? .abandoned : .living
    }

    /// Ends the abandoned leases of some folders; a failure leaves the record for the next time.
    ///
    /// - Parameter ended: called with each lease that was looked after, and what became of it.
    package func run(
        in folders: [LeaseFolder],
        with revocation: Revocation,
        isStrict: Bool,
        ended: (Lease, Revocation.Report) -> Void
    ) {
        for folder in folders {
            for case .lease(var lease) in (try? folder.entries()) ?? [] {
                switch state(of: lease, isStrict: isStrict) {
                case .living, .foreign: continue
                case .expired: folder.remove(lease)
                case .abandoned: ended(lease, end(&lease, in: folder, with: revocation))
                }
                lease.folder.map(JobFolder.remove)
            }
        }
    }

    private func end(_ lease: inout Lease, in folder: LeaseFolder, with revocation: Revocation) -> Revocation.Report {
        let report = revocation.end(&lease, isPatient: false)
        if lease.isSettled {
            folder.remove(lease)
        } else {
            _ = try? folder.save(lease)
        }
        return report
    }
}
