package import CISystems
internal import HostSystem
package import Supervision

/// A token that exists, and the duty to revoke it: handed over to the job, or revoked.
///
/// Dropped, it is what a kill is: the record says that nobody finished.
package struct MintedLease: ~Copyable {
    package let minted: Minted
    /// All that the job gets.
    package let variables: [ExportedVariable]
    private var held: HeldLease

    init(_ minted: Minted, _ variables: [ExportedVariable], _ held: consuming HeldLease) {
        self.minted = minted
        self.variables = variables
        self.held = held
    }

    package var lease: Lease { held.lease }

    /// The token is the job's from now on, and the record tells whoever revokes it.
    ///
    /// - Returns: the guardian, whose end is waited for when this is dropped.
    @discardableResult
    package consuming func handOver() -> DismissedGuardian? { held.release() }

    /// The same, but a guardian stays for it.
    ///
    /// - Returns: whether it does.
    package consuming func handOver(until process: WatchedProcess) -> Bool { held.release(to: process) }

    /// The command that has the token runs as this process.
    package func guards(_ command: WatchedProcess) { held.tell(of: command) }

    /// Whether nothing is left to revoke.
    var isOver: Bool { held.lease.isOver(at: 0) }

    /// Tries to revoke it; it stays ours.
    mutating func tryToEnd(by revoke: (inout StoredLease) -> RevocationReport) -> RevocationReport {
        held.tryToEnd(by: revoke)
    }

    /// Revokes it.
    consuming func end(by revoke: (inout StoredLease) -> RevocationReport) -> RevocationReport {
        held.end(by: revoke)
    }
}
