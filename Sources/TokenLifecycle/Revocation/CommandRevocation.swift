package import Credentials
package import HostSystem
internal import PulumiCloud

/// Ends the token of a command that has run, while we still hold what minted it and the token itself.
package struct CommandRevocation {
    private let context: Context
    private let report: Reporter
    private let records: any LeaseRecords

    package init(_ records: any LeaseRecords, in context: Context, report: Reporter) {
        self.records = records
        self.context = context
        self.report = report
    }

    /// Revokes with the credential that minted; where that is refused or cannot be had, the token ends itself.
    ///
    /// - Parameters:
    ///   - access: as at the mint.
    ///   - reopen: exchanges the identity token again, because an exchanged credential may have expired meanwhile.
    /// - Returns: nil when the token is of a kind that nobody can revoke.
    package func end(
        _ issued: Issuing.Issued,
        by access: CloudAccess,
        within budget: TimeBudget,
        reopen: (TimeBudget) throws(Explanation) -> CloudAccess
    ) -> Revocation.Report? {
        var found = FoundLease(issued.lease, in: [records])
        guard issued.lease.isRevocable else {
            found.forget()
            return nil
        }
        var result = Revocation.Report()
        if let access = fresh(access, budget, reopen) {
            result = found.end(by: access.revocation(budget, in: context, report: report, isUndoing: true))
            guard result.isRefused else { return result }
        }
        report.trace("the credential is of no use any more, so the token revokes itself")
        return found.end(by: access.selfRevocation(of: issued.minted, budget, in: context, report: report))
    }

    private func fresh(
        _ access: CloudAccess,
        _ budget: TimeBudget,
        _ reopen: (TimeBudget) throws(Explanation) -> CloudAccess
    ) -> CloudAccess? {
        guard access.exchanged != nil else { return access }
        do throws(Explanation) {
            // A service that does not answer must leave time for the other way.
            return try reopen(budget.reserving(budget.remaining / 2))
        } catch {
            report.trace("no new credential: \(error.message)")
            return nil
        }
    }
}

extension Revocation.Report {
    /// Whether another credential could do what this one may not.
    fileprivate var isRefused: Bool {
        isAnotherAccount || failures.contains { [401, 403].contains($0.error.status) }
    }
}

extension CloudAccess {
    /// What ends a token with the token itself.
    fileprivate func selfRevocation(
        of minted: Minted,
        _ budget: TimeBudget,
        in context: Context,
        report: Reporter
    ) -> Revocation {
        var cloud = cloud.withCredential(minted.value)
        cloud.connection.budget = budget.forUndoing()
        return Revocation(
            cloud: cloud,
            retrying: Retrying(budget: budget.forUndoing(), random: context.random, trace: report.trace),
            budget: budget.forUndoing(),
            clock: context.clock,
            fingerprint: { Fingerprint(of: minted.value, salt: $0) }
        )
    }
}
