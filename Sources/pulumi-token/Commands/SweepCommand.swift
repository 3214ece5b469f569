import HostSystem
import PulumiCloud
import TokenLifecycle

/// `pulumi-token sweep`: revokes what this tool minted and nobody revoked.
struct SweepCommand {
    let arguments: Arguments
    let context: Context
    let console: Console

    func run() throws(any ExplainedError) -> ExitCode {
        let scope = try scope()
        let connection = try Connector(arguments, context, console)
            .connect(to: try CloudChoice(arguments, context, console), for: .sweeping)
        let entries: [Sweep.Entry]
        if let scope {
            entries = try sweep(scope, over: connection)
        } else {
            entries = sweepThisMachine(over: connection)
        }
        try show(entries)
        if let signal = connection.budget.signal { return try interrupted(signal) }
        return entries.contains { $0.outcome == .failed } ? .unavailable : .done
    }

    private func interrupted(_ signal: Int32) throws(any ExplainedError) -> ExitCode {
        throw Interrupted(signal: signal)
    }

    private func scope() throws(any ExplainedError) -> Sweep.Scope? {
        let age = arguments.value(of: .olderThan)
        if arguments.isOn(.run) {
            guard age == nil else {
                throw UsageError("both --run and --older-than are given", hint: "give one of them")
            }
            guard let job = context.system.job else {
                guard let session = try Session.current(arguments, context) else {
                    throw UsageError(
                        "--run needs a CI job or a session",
                        hint: "name the session with --session, or use --older-than"
                    )
                }
                return .run(RunTag(context, session: session))
            }
            return .run(RunTag(hashing: job.canonicalRun))
        }
        guard let age else { return nil }
        guard let span = Span(parsing: age.text) else {
            throw UsageError("--older-than is \(quoted(age.text))", hint: "a length of time is 90s, 45m, 12h or 2d")
        }
        console.warning("--older-than also ends the tokens of jobs that still run elsewhere")
        return .olderThan(span.seconds)
    }

    // MARK: This machine

    private func sweepThisMachine(over connection: Connection) -> [Sweep.Entry] {
        var entries: [Sweep.Entry] = []
        let recovery = Recovery(here: context.process, cloud: connection.cloud.url, now: context.clock.unixTime())
        if arguments.isOn(.dryRun) {
            for folder in LeasePlaces(context).all {
                for case .lease(let lease) in (try? folder.entries()) ?? []
                where recovery.state(of: lease, isStrict: false) == .abandoned {
                    guard let id = lease.tokenID, !entries.contains(where: { $0.token.id == id }) else { continue }
                    entries.append(Sweep.Entry(token: Self.listed(id, lease), outcome: .wouldRevoke))
                }
            }
            return entries
        }
        recovery.run(in: LeasePlaces(context).all, with: connection.revocation(), isStrict: false) { lease, report in
            entries += report.ended.map {
                Sweep.Entry(token: Self.listed($0.id, lease), outcome: $0.ending == .revoked ? .revoked : .gone)
            }
            for failure in report.failures {
                guard let id = failure.leftover.tokenID else {
                    console.warning("not revoked: \(failure.leftover.sentence): \(failure.error.summary)")
                    continue
                }
                entries.append(
                    Sweep.Entry(token: Self.listed(id, lease), outcome: .failed, error: failure.error.summary)
                )
            }
        }
        return entries
    }

    private static func listed(_ id: TokenID, _ lease: Lease) -> ListedToken {
        ListedToken(id: id, description: lease.description ?? "", expires: lease.expires)
    }

    // MARK: By list

    private func sweep(_ scope: Sweep.Scope, over connection: Connection) throws(any ExplainedError) -> [Sweep.Entry] {
        let spared = try sparedTokens(connection, scope)
        let sweep = Sweep(
            cloud: connection.cloud,
            retrying: connection.retrying,
            budget: connection.budget,
            now: context.clock.unixTime(),
            spared: { spared.contains($0.id) }
        )
        let progress = ProgressLine(stream: context.standardError, isQuiet: arguments.isOn(.quiet))
        defer { progress.clear() }
        do throws(CloudError) {
            return try sweep.run(scope, isDryRun: arguments.isOn(.dryRun)) { progress.show("revoked \($0) of \($1)") }
        } catch {
            throw connection.explain(error)
        }
    }

    /// What authenticates this command, and what somebody on this machine still works with.
    private func sparedTokens(_ connection: Connection, _ scope: Sweep.Scope) throws(any ExplainedError) -> Set<TokenID>
    {
        var spared: Set<TokenID> = []
        if let own = context.environment.nonEmpty("PULUMI_ACCESS_TOKEN_ID").flatMap(TokenID.init) { spared.insert(own) }
        var isOwnKnown = !spared.isEmpty
        let session = try Session.current(arguments, context)?.name
        let recovery = Recovery(here: context.process, cloud: connection.cloud.url, now: context.clock.unixTime())
        for folder in LeasePlaces(context).all {
            for case .lease(let lease) in (try? folder.entries()) ?? [] {
                guard let id = lease.tokenID else { continue }
                let isOwn = connection.fingerprint(lease.id) == lease.token
                isOwnKnown = isOwnKnown || isOwn
                if isOwn || isLiving(lease, recovery, scope, session) { spared.insert(id) }
            }
        }
        guard isOwnKnown || !connection.isMinted else {
            throw Explanation(
                .notAllowed,
                "the credential is a minted token whose id is not known, so it could sweep itself away",
                hint: "set PULUMI_ACCESS_TOKEN_ID, or sweep with the credential that minted"
            )
        }
        return spared
    }

    /// In the scope of a run the other jobs are over, as the caller says by asking; this job's lease is not.
    private func isLiving(_ lease: Lease, _ recovery: Recovery, _ scope: Sweep.Scope, _ session: String?) -> Bool {
        guard recovery.state(of: lease, isStrict: false) == .living else { return false }
        guard case .run = scope, lease.isExported, lease.holder != .supervisor else { return true }
        return lease.session == session
    }

    // MARK: Output

    private func show(_ entries: [Sweep.Entry]) throws(any ExplainedError) {
        do throws(FileError) {
            if arguments.isOn(.json) {
                let rows = entries.map { entry in
                    var row = TokenRow(entry.token)
                    row.minted = true
                    row.outcome = entry.outcome.rawValue
                    row.error = entry.error
                    return row
                }
                try JSONOutput.print(TokenList(tokens: rows), on: context.standardOutput)
            } else {
                try context.standardOutput.write(
                    Table.text(
                        entries.map { [$0.token.id.rawValue, $0.outcome.rawValue, $0.error ?? $0.token.description] }
                    )
                )
            }
        } catch {
            throw Explanation(.cannotWrite, "cannot write to \(error.path): \(error.reason)")
        }
        let failed = entries.filter { $0.outcome == .failed }.count
        let revoked = entries.filter { $0.outcome == .revoked }.count
        if failed > 0 {
            console.warning("\(failed) of \(entries.count) tokens could not be revoked")
        } else {
            console.info(arguments.isOn(.dryRun) ? "nothing was revoked: dry run" : "revoked \(revoked) tokens")
        }
    }
}
