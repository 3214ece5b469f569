import CISystems
import Credentials
import HostSystem
import PulumiCloud
import TokenLifecycle

/// The post step where main has started a server of tokens.
extension ActionPost {
    mutating func run(_ helper: SavedHelper) throws(Explanation) -> ExitCode {
        let inputs = try inputs()
        do throws(Explanation) {
            return try end(helper, inputs)
        } catch {
            removeFiles(of: helper)
            if inputs.writesSummary { summarize(nil, error.exitCode) }
            return try conclude(with: error, inputs)
        }
    }

    private mutating func end(_ helper: SavedHelper, _ inputs: ActionInputs) throws(Explanation) -> ExitCode {
        let options = try explaining { () throws(UsageError) in try CloudOptions(inputs.arguments) }
        CanceledJob(inputs, in: context).tidyUp(within: options.deadline / 2)
        let budget = context.budget(options.deadline)
        // First of all, and by itself: it needs no credential of this step.
        let ended = end(helper, within: budget)
        try tell(inputs)
        let cloud = try CloudChoice.chooseForAction(options.cloudURL)
        guard helper.cloud == cloud.url.text else { throw .otherCloud("\(cloud.url)") }
        // However the server has ended: what bears its tag is nobody else's.
        let parent = try Parent.find(options, in: cloud, in: context)
        let access = try parent.open(within: budget, in: context)
        var code = try revokeRecorded(of: helper, parent, access, within: budget)
        let (swept, failed) = try sweep(helper, access, within: budget)
        if failed > 0 { code = .unavailable }
        removeFiles(of: helper)
        if let signal = budget.signal { throw .interrupted(by: signal) }
        if inputs.writesSummary { summarize((ended + swept).last, code) }
        return inputs.arguments.isOn(.failOnRevokeError) ? code : .done
    }

    /// - Returns: what the server has revoked, the last one last.
    private func end(_ helper: SavedHelper, within budget: TimeBudget) -> [TokenID] {
        guard let socket = JobFolder.socket(at: helper.folder) else { return [] }
        do throws(Explanation) {
            let ended = try HelperClient(socket, within: budget.reserving(budget.remaining / 2)).end()
            for id in ended { context.console.info("revoked \(id)") }
            return ended
        } catch {
            context.console.notice("revoking the tokens with the helper's tag: \(error.message)")
            return []
        }
    }

    /// Lost replies, too, which no list may show yet.
    private func revokeRecorded(
        of helper: SavedHelper,
        _ parent: Parent,
        _ access: CloudAccess,
        within budget: TimeBudget
    ) throws(Explanation) -> ExitCode {
        let found = try? LeaseStore(context).leases(of: Session(named: helper.session))
        guard let leases = found?.leases, !leases.isEmpty else { return .done }
        var revoker = Revoker(parent, opened: access, in: context, within: budget)
        do throws(LifecycleError) {
            let reports = try revoker.revoke(leases, isPatient: true)
            return RevocationText(context.console, explain: revoker.explain).tell(reports)
        } catch {
            context.console.warn(of: error.leftovers)
            throw error.explanation
        }
    }

    /// Revokes what the list shows with the tag of the server.
    private func sweep(
        _ helper: SavedHelper,
        _ access: CloudAccess,
        within budget: TimeBudget
    ) throws(Explanation) -> (ended: [TokenID], failed: Int) {
        let sweep = Sweep(
            cloud: access.cloud,
            kind: helper.kind,
            reason: context.console.withoutSecrets(context.system.auditReason),
            retrying: context.retrying(within: budget),
            budget: budget,
            now: context.clock.unixTime(),
            // The credential is the input's; the server never gave its own tokens to this step.
            spared: SparedTokens(isOwnKnown: true)
        )
        do throws(Sweep.Failure) {
            let entries = try sweep.run(.run(helper.run), isDryRun: false) { _, _ in }
            for var event in entries.compactMap(\.event) {
                event.credential = access.source.trailCredential
                context.tell(event)
            }
            for entry in entries where entry.outcome == .revoked { context.console.info("revoked \(entry.token.id)") }
            for entry in entries where entry.outcome == .failed {
                context.console.warning("not revoked: \(entry.token.id): \(entry.error ?? "")")
            }
            let ended = entries.filter { [.revoked, .gone].contains($0.outcome) }.map(\.token.id)
            return (ended, entries.count { $0.outcome == .failed })
        } catch {
            if let signal = budget.signal { throw .interrupted(by: signal) }
            guard case .cloud(let error) = error else { throw .ownTokenUnknown }
            throw access.explain(error)
        }
    }

    private func removeFiles(of helper: SavedHelper) { JobFolder.remove(at: helper.folder) }

    private func summarize(_ last: TokenID?, _ code: ExitCode) {
        JobSummary(context).write(
            code == .done ? "Pulumi helper ended" : "Pulumi token not revoked",
            [
                ("Last token", last?.rawValue ?? "none"),
                ("Outcome", code == .done ? "revoked" : "**not revoked**: it may live until its expiry"),
            ]
        )
    }
}
