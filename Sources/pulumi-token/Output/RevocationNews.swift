import HostSystem
import PulumiCloud
import TokenLifecycle

/// Tells people how the end of a lease went, and finds the exit code for it.
struct RevocationNews {
    let console: Console
    let explain: (CloudError) -> Explanation

    /// 0 when nothing is left that could live.
    func tell(_ report: Revocation.Report) -> ExitCode {
        for (id, ending) in report.ended {
            console.info(ending == .revoked ? "revoked \(id)" : "\(id) had expired or was revoked already")
        }
        var codes: [ExitCode] = []
        for (leftover, error) in report.failures {
            let explanation = explain(error)
            console.warning("not revoked: \(leftover.sentence): \(explanation.message)", hint: explanation.hint)
            codes.append(explanation.exitCode == .notAllowed ? .notAllowed : .unavailable)
        }
        for leftover in report.pending { codes.append(tell(leftover, report.isAnotherAccount)) }
        return codes.contains(.notAllowed) ? .notAllowed : codes.first ?? .done
    }

    private func tell(_ pending: Leftover, _ isAnotherAccount: Bool) -> ExitCode {
        guard isAnotherAccount else {
            console.warning(
                "not certain: \(pending.sentence): it is not in the list, but the server may still make it",
                hint: "run pulumi-token revoke again in a minute"
            )
            return .unavailable
        }
        console.warning(
            "not revoked: \(pending.sentence): \(Revocation.Report.otherAccount)",
            hint: "revoke with the credential that minted, or let the token expire"
        )
        return .notAllowed
    }
}
