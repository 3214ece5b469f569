package import HostSystem
internal import PulumiCloud
package import Secrets

/// A lease and everywhere that its record is: the only way to change either.
package struct StoredLease: Sendable {
    /// As last read or written.
    package private(set) var lease: Lease
    /// Whether this process minted it, or has it from the runner's own state; one from the disk is data that anybody who
    /// shares the user may have put there.
    package let isCertain: Bool
    private(set) var places: [LeasePlace]
    /// The token itself, where the process has it that works on the lease; in no record.
    var value: Secret?
    /// What the record does not know yet.
    private var pending: [LeaseChange] = []
    /// What this process last wrote to each place.
    private var written: [LeaseRecord?]

    init(_ lease: Lease, in places: [LeasePlace], isCertain: Bool) {
        self.lease = lease
        self.places = places
        self.isCertain = isCertain
        written = places.map { _ in nil }
    }

    /// One that this process has just written.
    init(_ written: LeaseRecord, in places: [LeasePlace]) {
        self.init(written.lease, in: places, isCertain: true)
        self.written = places.map { _ in written }
    }

    /// The same lease is in another place, too.
    mutating func add(_ place: LeasePlace) {
        places.append(place)
        written.append(nil)
    }

    /// Whether its record is in that directory.
    func isIn(_ directory: String) -> Bool {
        places.contains { if case .directory(directory, _) = $0 { true } else { false } }
    }

    /// Changes the lease, and its record wherever it is.
    ///
    /// - Throws: when the first place cannot be written; the others are copies, for the case that the first is emptied.
    package mutating func update(_ change: LeaseChange) throws(FileError) {
        note(change)
        try write()
    }

    /// Writes what the record does not know yet, wherever it is.
    ///
    /// - Throws: as `update`; the next change tells it, too, without which the record would know less than we do.
    mutating func write() throws(FileError) {
        let record = LeaseRecord(lease)
        for (index, place) in places.enumerated() {
            do throws(FileError) {
                written[index] = try place.update(record, since: written[index], by: pending, isOwned: isCertain)
            } catch {
                // A read-only home is usual in containers, and the first place is enough for the job itself.
                guard index == 0 else { continue }
                throw error
            }
        }
        pending = []
    }

    /// Changes the lease in memory alone: the record learns of it with the next change.
    mutating func note(_ change: LeaseChange) {
        lease.apply(change)
        pending.append(change)
    }

    /// Removes the files that the job was given, and the record when it has no further use.
    ///
    /// - Parameter now: this machine's Unix time, seconds.
    package func close(at now: Int64) {
        // A mint that goes on with another request needs its files and its lock; what this one settled is no such request.
        let changes = pending
        let isUnchanged =
            current().map { stored in lease.knows(changes.reduce(into: stored.lease) { $0.apply($1) }) } ?? true
        if isUnchanged {
            closeFolder(at: now)
            for file in lease.files { file.removeIfUnchanged() }
        }
        for place in places { place.close(lease, pending, at: now) }
        if isUnchanged, lease.isOver(at: now) { Liveness.remove(of: lease, in: places) }
    }

    /// Takes back a lease under which no request went out.
    mutating func forget(at now: Int64) {
        for entry in lease.unresolved { note(.settled(entry.nonce)) }
        close(at: now)
    }

    /// The token itself, where this process or the job's private folder has it; nil where neither does.
    package var keptToken: Secret? {
        guard let value = value ?? lease.folder.flatMap(JobFolder.token),
            lease.token?.fingerprint == Fingerprint(of: value, salt: lease.id)
        else { return nil }
        return value
    }

    /// Removes the copies of a token that could not be revoked.
    package func removeFiles() {
        if let folder = lease.folder { JobFolder.empty(at: folder) }
    }

    /// A job that has the token has the path of its folder, too, and may run on.
    private func closeFolder(at now: Int64) {
        guard let folder = lease.folder else { return }
        let isNamed = lease.isExported && lease.holder != .supervisor && !JobFolder.hasScript(at: folder)
        // A settled lease has no expiry any more.
        if isNamed, lease.isSettled || !lease.hasExpired(at: now, margin: LeaseState.clockMargin) {
            JobFolder.empty(at: folder)
        } else {
            JobFolder.remove(at: folder)
        }
    }

    /// The owner has finished, and its job has the token: nobody will ask for its lock again.
    func removeLiveness() { Liveness.remove(of: lease, in: places) }

    /// Whether another process has settled, and said so in the record, what became of a token.
    func isEndedElsewhere(_ id: TokenID) -> Bool {
        let hasRecord = places.contains { $0.path(of: lease) != nil }
        return hasRecord && current()?.lease.tokenID != id
    }

    /// Whether the owner's lock is held.
    var liveness: Liveness.Finding { Liveness.finding(of: lease, in: places) }

    /// The lease as its record says now, in the first place that still has it; nil when it is gone.
    func current() -> StoredLease? {
        for place in places {
            if let lease = place.current(lease) { return StoredLease(lease, in: places, isCertain: isCertain) }
        }
        return nil
    }
}
