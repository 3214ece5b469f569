import HTTPTransport
import HostSystem
import PulumiCloud
import Redaction
import TokenLifecycle

/// Pulumi Cloud with the credential that was found for it, and all that requests need.
struct Connection {
    var cloud: PulumiCloud
    var budget: TimeBudget
    var context: Context
    var console: Console
    /// Of the credential, as leases remember it.
    var fingerprint: (_ salt: Nonce) -> Fingerprint
    /// What a refusal means and what to do.
    var explain: (CloudError) -> any ExplainedError

    var retrying: Retrying {
        Retrying(budget: budget, random: context.random, trace: console.trace)
    }

    /// - Parameter isUndoing: whether a signal no longer stops it.
    func revocation(isUndoing: Bool = false) -> Revocation {
        let budget = isUndoing ? budget.forUndoing() : budget
        var cloud = cloud
        cloud.connection.budget = budget
        return Revocation(
            cloud: cloud,
            retrying: Retrying(budget: budget, random: context.random, trace: console.trace),
            budget: budget,
            clock: context.clock,
            fingerprint: fingerprint
        )
    }

    /// Finishes what dead processes left half-done; its failures are theirs, not this command's.
    func recover(isStrict: Bool = true) {
        let recovery = Recovery(here: context.process, cloud: cloud.url, now: context.clock.unixTime())
        recovery.run(in: LeasePlaces(context).all, with: revocation(), isStrict: isStrict) { lease, report in
            for (id, ending) in report.ended where ending == .revoked {
                console.notice("revoked \(id), which process \(lease.owner.pid) had left half-done")
            }
            for leftover in report.leftovers {
                console.notice("left for later: \(leftover.sentence)")
            }
        }
    }
}

extension Leftover {
    /// What may live, and until when.
    var sentence: String {
        let moment = expires > 0 ? "until \(Moment(expires))" : "for a time that is not known"
        return tokenID.map { "the token \($0) may live \(moment)" }
            ?? "a token whose id was lost with the reply may live \(moment)"
    }
}
