import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// Ends leases for `revoke` and the action's post stage, and tells people how it went.
struct LeaseEnding {
    let context: Context
    let console: Console
    let door: CloudDoor
    let cloud: CloudChoice

    /// - Throws: when no credential is there to ask the cloud with, and something may live.
    func end(_ leases: [FoundLease]) throws(Explanation) -> ExitCode {
        let open = leases.filter { !isOver($0) }
        guard !open.isEmpty else { return .done }
        let access: CloudAccess
        do throws(Explanation) {
            access = try door.access(to: cloud, for: .revoking)
        } catch {
            for found in open {
                console.warning("not revoked: \(leftover(of: found).sentence)")
            }
            throw error
        }
        let revocation = access.revocation(door.budget, in: context, report: console.reporter)
        let news = RevocationNews(console: console, explain: access.explain)
        var codes: [ExitCode] = []
        // A token that ends itself can end nothing after that.
        let isOwn = { (found: FoundLease) in found.lease.isOf(access) }
        for var found in open.filter({ !isOwn($0) }) + open.filter(isOwn) {
            codes.append(news.tell(found.end(by: revocation)))
        }
        if let signal = door.budget.signal { throw .interrupted(by: signal) }
        return codes.contains(.notAllowed) ? .notAllowed : codes.first { $0 != .done } ?? .done
    }

    private func leftover(of found: FoundLease) -> Leftover {
        Leftover(tokenID: found.lease.tokenID, expires: found.lease.lastExpiry)
    }

    /// Whether nothing is left to do about a lease; it is then forgotten.
    private func isOver(_ found: FoundLease) -> Bool {
        let lease = found.lease
        if !lease.isRevocable {
            console.info("an exchanged token cannot be revoked; it ends \(Moment(lease.expires ?? 0))")
        } else if lease.isSettled {
            console.trace("the lease holds no token")
        } else if lease.hasExpired(at: context.clock.unixTime(), margin: Recovery.clockMargin) {
            console.info("the token expired \(Moment(lease.lastExpiry))")
        } else {
            return false
        }
        found.forget()
        return true
    }
}
