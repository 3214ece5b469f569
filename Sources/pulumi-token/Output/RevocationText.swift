import HostSystem
import PulumiCloud
import TokenLifecycle

/// Tells people what became of a lease, and finds the exit code for it.
struct RevocationText {
    private let console: Console
    private let explain: (CloudError) -> Explanation

    init(_ console: Console, explain: @escaping (CloudError) -> Explanation) {
        self.console = console
        self.explain = explain
    }

    /// 0 when nothing is left that could be valid.
    func tell(_ reports: [RevocationReport]) -> ExitCode {
        let codes = reports.map(tell)
        return codes.contains(.notAllowed) ? .notAllowed : codes.first { $0 != .done } ?? .done
    }

    func tell(_ report: RevocationReport) -> ExitCode {
        tell(report.over)
        for (id, ending) in report.ended {
            console.info(ending == .revoked ? "revoked \(id)" : "\(id) had expired or was revoked already")
        }
        if report.wasNeverSourced {
            console.warning(
                "the script of mint was never sourced, so this job used the stored credential",
                hint: "source it: . \"$(pulumi-token mint)\" || exit"
            )
        }
        for id in report.disowned {
            console.warning("left alone: \(id): the record that names it is not that token's own")
        }
        var codes: [ExitCode] = report.disowned.isEmpty ? [] : [.failed]
        for (leftover, error) in report.failures {
            let explanation = explain(error)
            console.warning("not revoked: \(leftover.sentence): \(explanation.message)", hint: explanation.hint)
            codes.append(explanation.exitCode == .notAllowed ? .notAllowed : .unavailable)
        }
        for leftover in report.pending { codes.append(tell(leftover, report.isAnotherAccount)) }
        return codes.contains(.notAllowed) ? .notAllowed : codes.first ?? .done
    }

    private func tell(_ over: RevocationReport.Over?) {
        switch over {
        case .notRevocable(let expires):
            console.info("an exchanged token cannot be revoked; it ends \(Moment(expires))")
        case .settled: console.trace("the lease holds no token")
        case .expired(let moment): console.info("the token expired \(Moment(moment))")
        case nil: break
        }
    }

    private func tell(_ pending: Leftover, _ isAnotherAccount: Bool) -> ExitCode {
        guard isAnotherAccount else {
            console.warning(
                "not certain: \(pending.sentence): \(RevocationReport.notListedYet)",
                hint: "run pulumi-token revoke again in a minute"
            )
            return .unavailable
        }
        console.warning(
            "not revoked: \(pending.sentence): \(RevocationReport.otherAccount)",
            hint: "revoke with the credential that minted, or let the token expire"
        )
        return .notAllowed
    }
}
