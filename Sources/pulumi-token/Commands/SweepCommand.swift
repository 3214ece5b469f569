import CISystems
import Credentials
import HostSystem
import JSON
import PulumiCloud
import Secrets
import TokenLifecycle

/// `pulumi-token sweep`: revokes leftover tokens that this tool minted.
struct SweepCommand {
    let arguments: Arguments
    let context: Context
    /// Hears how many tokens came to each end.
    var tell: ((_ counts: [String: Int]) throws(Explanation) -> Void)?

    func run() throws(Explanation) -> ExitCode {
        let scope = try scope()
        let kind = try explaining { () throws(UsageError) in try arguments.kind() }
        let options = try explaining { () throws(UsageError) in try CloudOptions(arguments) }
        let budget = context.budget(options.deadline)
        // Before any request: it may lack what is needed for asking.
        let runs = scope == .finished ? try FinishedRuns(arguments, options, within: budget, in: context) : nil
        let parent = try Parent.find(options, in: context)
        let access = try parent.open(within: budget, in: context)
        var unnamed = 0
        let entries =
            if let scope {
                try sweep(scope, kind ?? access.source.kind, access, budget, runs)
            } else {
                try sweepThisMachine(parent, access, budget, &unnamed)
            }
        let failed = entries.count { $0.outcome == .failed } + unnamed
        try show(entries, failed: failed, of: entries.count + unnamed)
        try tell?(counts(entries, unnamed: unnamed))
        if let signal = budget.signal { throw .interrupted(by: signal) }
        // For a monitor that only looks.
        if entries.contains(where: { $0.outcome == .wouldRevoke }) { return .failed }
        return failed > 0 ? .unavailable : .done
    }

    /// nil for this machine only.
    private func scope() throws(Explanation) -> Sweep.Scope? {
        let age = arguments.value(of: .olderThan)
        let given = [Option.run, .finished].filter(arguments.isOn) + (age == nil ? [] : [.olderThan])
        let names = given.compactMap { arguments.value(of: $0)?.place }
        guard names.count < 2 else { throw .severalScopes(names) }
        if arguments.isOn(.run) { return .run(try runTag()) }
        if arguments.isOn(.finished) { return .finished }
        guard let age else {
            if arguments.areInputs {
                context.console.notice(
                    "none of run, finished, and older-than is set, so only the records of this machine are looked at"
                )
            }
            return nil
        }
        guard let span = TimeSpan(parsing: age.text) else { throw .notAnAge(age) }
        // Days, as many think; as seconds, it would revoke the tokens of all jobs that run now.
        if span.seconds < 3600, age.text.utf8.allSatisfy(\.isDigit) { throw .ageWithoutUnit(age) }
        context.console.warning("--older-than also revokes the tokens of jobs that are still running on other machines")
        return .olderThan(span.seconds)
    }

    private func runTag() throws(Explanation) -> RunTag {
        if let session = try arguments.session(in: context) { return session.runTag(on: context.system) }
        if let run = context.system.canonicalRun { return RunTag(hashing: run) }
        throw .noRun
    }

    /// - Parameter unnamed: counts the tokens without an id, which no entry can show.
    private func sweepThisMachine(
        _ parent: Parent,
        _ access: CloudAccess,
        _ budget: TimeBudget,
        _ unnamed: inout Int
    ) throws(Explanation) -> [Sweep.Entry] {
        var sweep = MachineSweep(context, arguments.store(in: context), of: parent.cloud.url)
        let unjudged = sweep.unjudged(
            outside: try arguments.session(in: context),
            access: access,
            within: budget,
            isDryRun: arguments.isOn(.dryRun)
        )
        for (id, expires) in unjudged {
            context.console.notice(
                "kept token \(id) of another session, valid until \(Moment(expires)); after its job ends, run "
                    + "pulumi-token revoke \(id)"
            )
        }
        guard !arguments.isOn(.dryRun) else { return sweep.candidates() }
        var revoker = Revoker(parent, opened: access, in: context, within: budget)
        return sweep.run(by: &revoker) { leftover, reason in
            unnamed += 1
            context.console.warning("not revoked: \(leftover.sentence)" + (reason.map { ": \($0)" } ?? ""))
        }
    }

    private func sweep(
        _ scope: Sweep.Scope,
        _ kind: TokenKind,
        _ access: CloudAccess,
        _ budget: TimeBudget,
        _ runs: FinishedRuns?
    ) throws(Explanation) -> [Sweep.Entry] {
        let spared = SparedTokens.find(
            for: scope,
            of: try arguments.session(in: context),
            access: access,
            context: context
        )
        let sweep = Sweep(
            cloud: access.cloud,
            kind: kind,
            reason: context.console.withoutSecrets(context.system.auditReason),
            retrying: context.retrying(within: budget),
            budget: budget,
            now: context.clock.unixTime(),
            spared: spared,
            runs: runs
        )
        let progress = ProgressLine(
            stream: context.standardError,
            isQuiet: arguments.isOn(.quiet),
            isCI: context.system.isCI
        )
        defer { progress.clear() }
        do throws(Sweep.Failure) {
            let entries = try sweep.run(scope, isDryRun: arguments.isOn(.dryRun)) {
                progress.show("revoked \($0) of \($1)")
            }
            for var event in entries.compactMap(\.event) {
                event.credential = access.source.trailCredential
                context.tell(event)
            }
            return entries
        } catch {
            if let signal = budget.signal { throw .interrupted(by: signal) }
            switch error {
            case .cloud(let error): throw access.explain(error)
            case .ownTokenUnknown: throw .ownTokenUnknown
            }
        }
    }

    // MARK: Output

    /// By the names of the outcomes; all of them.
    private func counts(_ entries: [Sweep.Entry], unnamed: Int) -> [String: Int] {
        var counts = Dictionary(uniqueKeysWithValues: Sweep.Outcome.allCases.map { ($0.rawValue, 0) })
        for entry in entries { counts[entry.outcome.rawValue, default: 0] += 1 }
        counts[Sweep.Outcome.failed.rawValue, default: 0] += unnamed
        return counts
    }

    private func show(_ entries: [Sweep.Entry], failed: Int, of all: Int) throws(Explanation) {
        let rows = entries.map { TokenRow(token: $0.token, kind: $0.kind, outcome: $0.outcome, error: $0.error) }
        if arguments.isOn(.json) {
            try Printing.json(in: context) { list in
                list.member("version", 1)
                list.member("tokens", array: rows) { $1.write(to: &$0) }
            }
        } else {
            try Printing.text(Table.text(rows.map(\.cells)), in: context)
        }
        context.console.warn(of: entries.compactMap(\.lateUse))
        let revoked = entries.count { $0.outcome == .revoked }
        let spared = entries.count { $0.outcome == .spared && $0.error != nil }
        if spared > 0 {
            context.console.notice(
                "\(spared) token\(spared == 1 ? "" : "s") spared: not all runs are known to have ended"
            )
        }
        if failed > 0 {
            context.console.warning("\(failed) of \(all) tokens could not be revoked")
        } else {
            context.console.info(
                arguments.isOn(.dryRun)
                    ? "nothing was revoked: dry run" : "revoked \(revoked) token\(revoked == 1 ? "" : "s")"
            )
        }
    }
}

extension Console {
    /// Names the tokens that were used after their jobs had ended.
    func warn(of uses: [LateUse]) {
        for use in uses {
            warning(use.sentence, hint: "check which process, later job, or other person had the token")
        }
    }
}

extension Explanation {
    static func severalScopes(_ names: [String]) -> Explanation {
        Explanation(.usage, "\(listed(names, before: "and")) cannot be combined", hint: "set only one of them")
    }

    static let noRunService = Explanation(
        .usage,
        "--finished needs a job of GitHub Actions or GitLab CI",
        hint: "use --older-than elsewhere"
    )

    static func noRunToken(variable: String, isDefault: Bool) -> Explanation {
        Explanation(
            .notAllowed,
            "cannot ask the CI system which runs have ended: \(variable) is not set",
            hint: isDefault ? "set \(variable), or set --ci-token-env to the variable to use" : "set \(variable)"
        )
    }

    static func notAnAge(_ value: Arguments.Value) -> Explanation {
        Explanation(
            .usage,
            "invalid value for \(value.place): \(quoted(value.text)) is not a duration",
            hint: "use 90s, 45m, 12h, or 2d"
        )
    }

    static func ageWithoutUnit(_ value: Arguments.Value) -> Explanation {
        Explanation(
            .usage,
            "invalid value for \(value.place): \(quoted(value.text)) has no unit",
            hint: "add h for hours or d for days; a number alone is in seconds, 3600 at least"
        )
    }

    static let noRun = Explanation(
        .usage,
        "--run needs a CI job or a session",
        hint: "set --session, or use --older-than"
    )

    /// A minted token that sweeps cannot tell which one it is itself.
    static let ownTokenUnknown = Explanation(
        .notAllowed,
        "cannot sweep: the credential is itself a minted token, and its ID is not known",
        hint: "set PULUMI_ACCESS_TOKEN_ID, or sweep with the parent credential"
    )
}
