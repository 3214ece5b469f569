import HostSystem
import PulumiCloud
import TokenLifecycle

/// Tells people how the end of a lease went, and finds the exit code for it.
struct RevocationNews {
    let console: Console
    let explain: (CloudError) -> any ExplainedError

    /// 0 when nothing is left that could live.
    func tell(_ report: Revocation.Report) -> ExitCode {
        for (id, ending) in report.ended {
            console.info(ending == .revoked ? "revoked \(id)" : "\(id) had expired or was revoked already")
        }
        var code = ExitCode.done
        for (leftover, error) in report.failures {
            let explanation = explain(error)
            console.warning("not revoked: \(leftover.sentence): \(explanation.message)", hint: explanation.hint)
            code = explanation.exitCode == .notAllowed || code == .notAllowed ? .notAllowed : .unavailable
        }
        for leftover in report.pending {
            if report.isAnotherAccount {
                console.warning(
                    "not revoked: \(leftover.sentence): the credential is not the one that minted it",
                    hint: "revoke with the credential that minted, or let the token expire"
                )
                code = .notAllowed
            } else {
                console.warning(
                    "not certain: \(leftover.sentence): it is not in the list, but the server may still make it",
                    hint: "run pulumi-token revoke again in a minute"
                )
                code = code == .notAllowed ? code : .unavailable
            }
        }
        return code
    }
}
