package import Credentials
package import HostSystem
internal import PulumiCloud

extension CloudAccess {
    /// By which a record tells whether the credential is still that which minted.
    package func fingerprint(_ salt: Nonce) -> Fingerprint {
        guard case .oidc(let exchange) = source else { return Fingerprint(of: credential, salt: salt) }
        return Fingerprint(ofIdentity: exchange.identityName)
    }

    /// What ends tokens with this credential.
    ///
    /// - Parameter isUndoing: whether a signal no longer stops it.
    package func revocation(
        _ budget: TimeBudget,
        in context: Context,
        report: Reporter,
        isUndoing: Bool = false
    ) -> Revocation {
        let budget = isUndoing ? budget.forUndoing() : budget
        var cloud = cloud
        cloud.connection.budget = budget
        return Revocation(
            cloud: cloud,
            retrying: Retrying(budget: budget, random: context.random, trace: report.trace),
            budget: budget,
            clock: context.clock,
            fingerprint: fingerprint
        )
    }
}

extension Lease {
    /// Whether its token is the very credential that the cloud is asked with.
    package func isOf(_ access: CloudAccess) -> Bool { token == access.fingerprint(id) }
}
