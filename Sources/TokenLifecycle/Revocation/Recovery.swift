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

    /// How long after its expiry a token is held for dead without asking, in seconds: this machine's clock may be off, or
    /// may have been set since the mint.
    package static let clockMargin: Int64 = 86400

    private let here: ProcessIdentity
    private let cloud: CloudURL
    /// Unix time, seconds.
    private let now: Int64

    package init(here: ProcessIdentity, cloud: CloudURL, now: Int64) {
        self.here = here
        self.cloud = cloud
        self.now = now
    }

    /// The leases of a folder and their states.
    ///
    /// - Parameter isStrict: only what is half-done is abandoned; otherwise also a finished mint of an earlier boot, whose
    ///   job is certainly over.
    func judge(_ folder: LeaseFolder, isStrict: Bool) -> [(lease: Lease, state: State)] {
        ((try? folder.entries()) ?? []).compactMap { entry in
            guard case .lease(let lease) = entry else { return nil }
            let state = state(of: lease, isStrict: isStrict)
            guard state == .abandoned else { return (lease, state) }
            // Its owner may have finished between our reading and our asking for it. Now that it is over, the record
            // does not change any more.
            return folder.current(lease).map { ($0, self.state(of: $0, isStrict: isStrict)) }
        }
    }

    private func state(of lease: Lease, isStrict: Bool) -> State {
        guard lease.cloud == cloud.text else { return .foreign }
        guard !lease.hasExpired(at: now, margin: Self.clockMargin) else { return .expired }
        guard lease.isExported && lease.holder != .supervisor else {
            return lease.owner.isOver(seenFrom: here) == true ? .abandoned : .living
        }
        return !isStrict && lease.owner.isFromEarlierBoot(of: here) ? .abandoned : .living
    }

    /// Finishes what was left half-done, before anything new is begun; what fails is left for the next time.
    ///
    /// - Parameter revocation: works within a part of the time, so that a cloud that does not answer leaves some for
    ///   the command itself.
    /// - Returns: what could not be revoked, with the reason.
    package static func finishHalfDone(
        _ context: Context,
        of cloud: CloudURL,
        by revocation: Revocation,
        _ report: Reporter
    ) -> [(leftover: Leftover, reason: String)] {
        var failures: [(Leftover, String)] = []
        let recovery = Recovery(here: context.process, cloud: cloud, now: context.clock.unixTime())
        recovery.run(in: LeasePlaces(context).all, with: revocation, isStrict: true) { lease, result in
            tell(report, what: result, becameOf: lease)
            failures += result.unended
        }
        return failures
    }

    private static func tell(_ report: Reporter, what result: Revocation.Report, becameOf lease: Lease) {
        for (id, ending) in result.ended where ending == .revoked {
            report.notice("revoked \(id), which process \(lease.owner.pid) had left half-done")
        }
        for leftover in result.leftovers {
            report.notice("left for later: \(leftover.sentence)")
        }
    }

    /// Makes room for a new lease where another one may stand, which is ended if it was left half-done.
    ///
    /// - Throws: when what stands there is no record, or may be that of a living token.
    package static func makeRoom(
        in records: any LeaseRecords,
        _ context: Context,
        of cloud: CloudURL,
        by revocation: Revocation,
        _ report: Reporter
    ) throws(Explanation) {
        guard var (path, lease) = try occupant(of: records) else { return }
        let recovery = Recovery(here: context.process, cloud: cloud, now: context.clock.unixTime())
        if recovery.state(of: lease, isStrict: true) == .abandoned {
            // Its owner may have finished between our reading and our asking for it; now it does not change any more.
            guard let current = try occupant(of: records) else { return }
            (path, lease) = current
        }
        let state = recovery.state(of: lease, isStrict: true)
        if state == .abandoned {
            tell(report, what: recovery.end(&lease, in: records, with: revocation), becameOf: lease)
        }
        if state == .abandoned || state == .expired { lease.folder.map(JobFolder.remove) }
        guard lease.isSettled || state == .expired else { throw Explanation(PreparationError.leaseTaken(path: path)) }
    }

    private static func occupant(of records: any LeaseRecords) throws(Explanation) -> (path: String, lease: Lease)? {
        let occupant: (path: String, entry: LeaseFolder.Entry)?
        do throws(FileError) { occupant = try records.occupant() } catch { throw Explanation(unwritableLease: error) }
        guard let occupant else { return nil }
        guard case .lease(let lease) = occupant.entry else {
            throw Explanation(PreparationError.notALease(path: occupant.path))
        }
        return (occupant.path, lease)
    }

    /// Ends the abandoned leases of some folders, and removes what else dead processes left there; a failure leaves the record for the next time.
    ///
    /// - Parameter ended: called with each lease that was looked after, and what became of it.
    package func run(
        in folders: [LeaseFolder],
        with revocation: Revocation,
        isStrict: Bool,
        ended: (Lease, Revocation.Report) -> Void
    ) {
        for folder in folders {
            folder.removeUnfinished(before: now - Self.clockMargin)
            for (lease, state) in judge(folder, isStrict: isStrict) {
                var lease = lease
                switch state {
                case .living, .foreign: continue
                case .expired: folder.remove(lease)
                case .abandoned: ended(lease, end(&lease, in: folder, with: revocation))
                }
                lease.folder.map(JobFolder.remove)
            }
        }
    }

    private func end(
        _ lease: inout Lease,
        in records: any LeaseRecords,
        with revocation: Revocation
    ) -> Revocation.Report {
        let report = revocation.end(&lease, isPatient: false)
        if lease.isSettled {
            records.remove(lease)
        } else {
            _ = try? records.save(lease)
        }
        return report
    }
}
