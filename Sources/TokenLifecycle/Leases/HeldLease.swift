internal import Credentials
internal import HostSystem

/// A lease that this process is at work on, from before the request.
///
/// Dropped, it is what a kill is: the lock falls, and the record tells what may be left.
struct HeldLease: ~Copyable {
    private(set) var stored: StoredLease
    private let liveness: Liveness?

    init(_ stored: StoredLease, _ liveness: consuming Liveness?) {
        self.stored = stored
        self.liveness = liveness
    }

    var lease: Lease { stored.lease }

    /// Changes the lease and its record.
    mutating func record(_ change: LeaseChange) throws(Explanation) {
        do throws(FileError) {
            try stored.update(change)
        } catch {
            throw Explanation(unwritableLease: error)
        }
    }

    /// Changes the lease; its record with the next change.
    mutating func note(_ change: LeaseChange) { stored.note(change) }

    /// Revokes what it may hold; it stays ours.
    mutating func revoke(by revocation: LeaseRevocation, isPatient: Bool) -> RevocationReport {
        revocation.revoke(&stored, isPatient: isPatient)
    }

    /// Gives the lease to whoever revokes it, or to the job.
    consuming func release() -> StoredLease { stored }
}
