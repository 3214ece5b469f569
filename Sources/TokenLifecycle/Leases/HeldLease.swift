internal import Credentials
internal import HostSystem
internal import Secrets
internal import Supervision

/// A lease that this process is at work on, from before the request.
///
/// Dropped, it is what a kill is: the lock falls, and the record tells what may be left.
struct HeldLease: ~Copyable {
    private(set) var stored: StoredLease
    private let liveness: Liveness?
    private var guardian: Guardian?

    init(_ stored: StoredLease, _ liveness: Liveness?) {
        self.stored = stored
        self.liveness = liveness
        guardian = nil
    }

    /// Has a process beside us that revokes what we leave when we are gone without a word.
    ///
    /// - Parameter request: says whether it is there for the job, too.
    mutating func startGuardian(
        with access: CloudAccess,
        _ parent: Parent,
        for request: MintRequest,
        in context: Context
    ) {
        let contents = GuardianContents(stored, access, parent, for: request, in: context)
        guardian = .start(contents, holding: liveness?.share(), in: context)
    }

    var isGuarded: Bool { guardian != nil }

    /// The command that has the token runs.
    func tell(of command: WatchedProcess) { guardian?.tell(.command(command)) }

    /// The token was minted, and is the guardian's, too: what minted may be revoked before it.
    func tell(of value: Secret) { guardian?.tell(.value(value)) }

    var lease: Lease { stored.lease }

    /// Changes the lease and its record.
    mutating func record(_ change: LeaseChange) throws(Explanation) {
        // Before the record: what it does not know yet, a killed process could not say any more.
        guardian?.tell(.change(change))
        do throws(FileError) {
            try stored.update(change)
        } catch {
            throw Explanation(unwritableLease: error)
        }
    }

    /// Changes the lease; its record with the next change.
    mutating func note(_ change: LeaseChange) {
        guardian?.tell(.change(change))
        stored.note(change)
    }

    /// Revokes what it may hold; it stays ours.
    mutating func revoke(by revocation: LeaseRevocation, isPatient: Bool) -> RevocationReport {
        revocation.revoke(&stored, isPatient: isPatient)
    }

    /// Revokes what it may hold by other means; it stays ours.
    mutating func tryToEnd(by revoke: (inout StoredLease) -> RevocationReport) -> RevocationReport { revoke(&stored) }

    /// Takes back a lease under which no request went out.
    consuming func forget(at now: Int64) {
        stored.forget(at: now)
        release()
    }

    /// Gives the lease to the job, or to nobody when it is settled.
    ///
    /// - Returns: the guardian, whose end is waited for when this is dropped.
    @discardableResult
    consuming func release() -> DismissedGuardian? {
        stored.removeLiveness()
        guard let guardian else { return nil }
        return guardian.dismiss()
    }

    /// The same, but a guardian stays until the end of a process.
    ///
    /// - Returns: whether it does.
    consuming func release(to process: WatchedProcess) -> Bool {
        stored.removeLiveness()
        guard let guardian else { return false }
        return guardian.stay(until: process)
    }

    /// Revokes it, and keeps the guardian until that is done; what is left then is for the guardian, too.
    consuming func end(by revoke: (inout StoredLease) -> RevocationReport) -> RevocationReport {
        var stored = stored
        let report = revoke(&stored)
        // Dropped without a word, the guardian goes on with what could not be revoked.
        if stored.lease.isOver(at: 0) || report.over != nil {
            release()
        } else {
            guardian?.tell(.commandStays)
        }
        return report
    }
}
