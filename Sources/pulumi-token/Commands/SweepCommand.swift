import CISystems
import Credentials
import HostSystem
import JSON
import PulumiCloud
import TokenLifecycle

/// `pulumi-token sweep`: revokes what this tool minted and nobody revoked.
struct SweepCommand {
    let arguments: Arguments
    let context: Context
    let console: Console

    func run() throws(Explanation) -> ExitCode {
        let scope = try scope()
        let door = try CloudDoor(arguments, context, console)
        let cloud = try door.choice()
        let access = try door.access(to: cloud, for: .revoking)
        var unnamed = 0
        let entries =
            if let scope { try sweep(scope, door, access) } else { try sweepThisMachine(cloud, door, access, &unnamed) }
        let failed = entries.count { $0.outcome == .failed } + unnamed
        try show(entries, failed: failed, of: entries.count + unnamed)
        if let signal = door.budget.signal { throw .interrupted(by: signal) }
        return failed > 0 ? .unavailable : .done
    }

    /// nil for this machine only.
    private func scope() throws(Explanation) -> Sweep.Scope? {
        let age = arguments.value(of: .olderThan)
        guard !arguments.isOn(.run) else {
            guard age == nil else {
                throw Explanation(ToolError.runAndAge)
            }
            return .run(try runTag())
        }
        guard let age else { return nil }
        guard let span = TimeSpan(parsing: age.text) else {
            throw Explanation(ToolError.age(place: age.place, text: age.text))
        }
        console.warning("--older-than also ends the tokens of jobs that still run elsewhere")
        return .olderThan(span.seconds)
    }

    private func runTag() throws(Explanation) -> RunTag {
        if let session = try Session.current(arguments, context) { return session.runTag(on: context.system) }
        if let job = context.system.job { return RunTag(hashing: job.canonicalRun) }
        throw Explanation(ToolError.noRun)
    }

    /// - Parameter unnamed: counts the tokens without an id, which no entry can show.
    private func sweepThisMachine(
        _ cloud: CloudChoice,
        _ door: CloudDoor,
        _ access: CloudAccess,
        _ unnamed: inout Int
    ) throws(Explanation) -> [Sweep.Entry] {
        let sweep = MachineSweep(context, of: cloud.url)
        for (id, expires) in sweep.handedOver(outside: try Session.current(arguments, context), access: access) {
            console.notice(
                "left alone: another job has the token \(id), which lives until \(Moment(expires)); when that job is over, "
                    + "pulumi-token revoke \(id) ends it"
            )
        }
        guard !arguments.isOn(.dryRun) else { return sweep.candidates() }
        let revocation = access.revocation(door.budget, in: context, report: console.reporter)
        return sweep.run(by: revocation) { leftover, reason in
            unnamed += 1
            console.warning("not revoked: \(leftover.sentence)" + (reason.map { ": \($0)" } ?? ""))
        }
    }

    private func sweep(
        _ scope: Sweep.Scope,
        _ door: CloudDoor,
        _ access: CloudAccess
    ) throws(Explanation) -> [Sweep.Entry] {
        let spared = SparedTokens.find(
            in: LeasePlaces(context).all,
            for: scope,
            of: try Session.current(arguments, context),
            access: access,
            context: context
        )
        let sweep = Sweep(
            cloud: access.cloud,
            retrying: door.retrying,
            budget: door.budget,
            now: context.clock.unixTime(),
            spared: spared
        )
        let progress = ProgressLine(stream: context.standardError, isQuiet: arguments.isOn(.quiet))
        defer { progress.clear() }
        do throws(Sweep.Failure) {
            return try sweep.run(scope, isDryRun: arguments.isOn(.dryRun)) { progress.show("revoked \($0) of \($1)") }
        } catch {
            if let signal = door.budget.signal { throw .interrupted(by: signal) }
            switch error {
            case .cloud(let error): throw access.explain(error)
            case .ownTokenUnknown:
                throw Explanation(ToolError.ownTokenUnknown)
            }
        }
    }

    // MARK: Output

    private func show(_ entries: [Sweep.Entry], failed: Int, of all: Int) throws(Explanation) {
        let rows = entries.map { TokenRow(token: $0.token, outcome: $0.outcome, error: $0.error) }
        if arguments.isOn(.json) {
            try Printing.json(on: context.standardOutput) { list in
                list.member("version", 1)
                list.member("tokens", array: rows) { $1.write(to: &$0) }
            }
        } else {
            try Printing.text(Table.text(rows.map(\.cells)), on: context.standardOutput)
        }
        let revoked = entries.count { $0.outcome == .revoked }
        if failed > 0 {
            console.warning("\(failed) of \(all) tokens could not be revoked")
        } else {
            console.info(
                arguments.isOn(.dryRun)
                    ? "nothing was revoked: dry run" : "revoked \(revoked) token\(revoked == 1 ? "" : "s")"
            )
        }
    }
}
