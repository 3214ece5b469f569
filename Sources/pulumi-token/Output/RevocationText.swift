import HostSystem
import PulumiCloud
import TokenLifecycle

extension RevocationReport.Expiry {
    /// - Parameters:
    ///   - user: what worked with the token.
    ///   - option: by which a token gets more.
    func sentence(before user: String, option: String = "--ttl") -> String {
        let span = secondsAgo > 0 ? "\(TimeSpan(seconds: secondsAgo)) " : ""
        let start = "the token expired \(span)before \(user) ended; "
        guard let cap else { return start + "set \(option) to a longer time" }
        return start + "the organization \(cap.organization) allows at most \(cap.days) day\(cap.days == 1 ? "" : "s")"
    }
}

/// Tells people what became of a lease, and finds the exit code for it.
struct RevocationText {
    private let console: Console
    private let explain: (CloudError) -> Explanation
    /// What works with the token.
    private let user: String

    /// - Parameter user: what works with the token, as messages name it.
    init(_ console: Console, of user: String = "the job", explain: @escaping (CloudError) -> Explanation) {
        self.console = console
        self.user = user
        self.explain = explain
    }

    /// 0 when nothing is left that could be valid.
    func tell(_ reports: [RevocationReport]) -> ExitCode {
        let codes = reports.map(tell)
        return codes.contains(.notAllowed) ? .notAllowed : codes.first { $0 != .done } ?? .done
    }

    func tell(_ report: RevocationReport) -> ExitCode {
        if report.expired == nil { tell(report.over) }
        if let expiry = report.expired { console.warning(expiry.sentence(before: user)) }
        for (id, ending) in report.ended where report.expired == nil {
            console.info(ending == .revoked ? "revoked \(id)" : "\(id) had expired or was revoked already")
        }
        tellOfUse(report)
        if report.wasNeverSourced {
            console.warning(
                "the script of mint was never sourced, so this job used the parent credential",
                hint: "run . \"$(pulumi-token mint)\" || exit"
            )
        }
        for id in report.disowned {
            console.warning("kept \(id): \(RevocationReport.notItsOwn)")
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

    /// Says when the job has not worked with its token, or not with its backend.
    private func tellOfUse(_ report: RevocationReport) {
        if let login = report.traces.overruledLogin {
            console.warning(
                "a later login chose \(login.chosen), and Pulumi used \(login.used), since PULUMI_BACKEND_URL is set",
                hint: "unset PULUMI_BACKEND_URL in the step that logs in, or mint for the cloud that it chooses"
            )
        }
        guard !report.wasNeverSourced else { return }
        let hint = "check for an env of a step, or a tool that sets the variable after the mint"
        switch (report.traces.overwrittenVariable, report.unused.first) {
        case (let variable?, .some):
            console.warning("this token was never used: something else set \(variable)", hint: hint)
        case (let variable?, nil):
            let sentence = "something else set \(variable) after the mint; steps after that did not use this token"
            console.warning(sentence, hint: hint)
        case (nil, let id?) where report.isExported: console.notice("token \(id) was never used")
        case (nil, _): break
        }
    }

    private func tell(_ over: RevocationReport.Over?) {
        switch over {
        case .notRevocable(let expires):
            console.info("an exchanged token cannot be revoked; it expires \(Moment(expires))")
        case .settled: console.trace("the lease record has no token")
        case .expired(let moment): console.info("the token expired \(Moment(moment))")
        case nil: break
        }
    }

    private func tell(_ pending: Leftover, _ isAnotherAccount: Bool) -> ExitCode {
        guard isAnotherAccount else {
            console.warning(
                "not confirmed: \(pending.sentence): \(RevocationReport.notListedYet)",
                hint: "run pulumi-token revoke again in a minute"
            )
            return .unavailable
        }
        console.warning(
            "not revoked: \(pending.sentence): \(RevocationReport.otherAccount)",
            hint: "revoke with the parent credential, or let the token expire"
        )
        return .notAllowed
    }
}
