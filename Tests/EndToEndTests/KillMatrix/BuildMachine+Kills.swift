import CloudEmulator
import Glibc
import JobBench
import TestBench

/// What remains of processes that were killed.
extension BuildMachine {
    /// Waits until all that they have sent has had its effect, although nobody waits for a reply any more.
    ///
    /// Guardians may stay connected: they wait half a minute for what the server could do later than that.
    func awaitEffects() -> Bool {
        cloud.wait { $0.pendingHandshakes == 0 && $0.openClients.allSatisfy { $0.hasSuffix(" guardian") } }
    }

    /// Makes all requests without a reply older than they may be and still have an effect, in every record: as for those
    /// who come an hour later.
    func letRequestsAge() throws {
        for path in sandbox.files where !path.hasSuffix("/trace") {
            guard let record = text(of: path) else { continue }
            let aged = record.replacing(/"since":([0-9]+)/) { "\"since\":\((Int64($0.1) ?? 0) - 3600)" }
            if aged != record { try write(aged, to: path) }
        }
    }

    /// Ends guardians that have nothing left to do but wait.
    func endGuardians() throws {
        let guardians = try guardians()
        guard !guardians.isEmpty else { return }
        for guardian in guardians { kill(guardian, SIGKILL) }
        // It holds the lock of its record to its very end.
        _ = try awaitNoGuardian()
    }
}
