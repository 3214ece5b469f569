internal import CISystems
package import Credentials
package import HostSystem
package import PulumiCloud

/// Who revokes: with the parent credential, opened only when something is left to revoke, or with the token itself.
package struct Revoker {
    private let options: CloudOptions
    private let cloud: CloudChoice
    /// nil until it is needed: nobody must have a credential to hear that there is nothing to revoke.
    private var parent: Parent?
    private let context: Context
    private let budget: TimeBudget
    private var opened: CloudAccess?
    /// Whether `find` failed because the cloud does not know the job's own token any more, as after a revocation.
    package private(set) var isSpent = false
    /// Whether it cleans up after processes that are gone.
    var isRecovery = false

    /// - Parameter opened: the parent, where it is open already.
    package init(_ parent: Parent, opened: CloudAccess? = nil, in context: Context, within budget: TimeBudget) {
        self.init(parent.options, in: parent.cloud, context: context, within: budget)
        self.parent = parent
        self.opened = opened
    }

    /// Finds the parent only when something is to be revoked.
    package init(_ options: CloudOptions, in cloud: CloudChoice, context: Context, within budget: TimeBudget) {
        self.options = options
        self.cloud = cloud
        self.context = context
        self.budget = budget
    }

    /// Of the tokens that the credential works with, where nothing else names a kind.
    package var usualKind: TokenKind { (opened?.source ?? parent?.source)?.kind ?? .personal }

    /// What a failed request means.
    package func explain(_ error: CloudError) -> Explanation {
        let plain = opened?.explain(error) ?? Explanation(explaining: error)
        // The rule on long lives is for those that mint.
        guard error.status == 403, error.tokenRequest == nil else { return plain }
        return Explanation(
            plain.exitCode,
            plain.message,
            hint: "revoke with the parent credential, or let the token expire"
        )
    }

    // MARK: Leases

    /// Revokes what leases may hold, and removes their files and their records.
    ///
    /// - Parameter isPatient: wait until the token of a lost reply would have to be in the list.
    /// - Returns: a report for each lease, in the same order.
    /// - Throws: when no credential is there to ask the cloud with, and something may be valid.
    package mutating func revoke(
        _ leases: [StoredLease],
        isPatient: Bool
    ) throws(LifecycleError) -> [RevocationReport] {
        let traces = leases.map { self.traces(of: $0.lease) }
        var reports = leases.map { closing($0) }
        for index in reports.indices { reports[index].traces = traces[index] }
        let open = leases.indices.filter { reports[$0].over == nil }
        guard !open.isEmpty else { return reports }
        var revocation: LeaseRevocation
        do throws(Explanation) {
            revocation = LeaseRevocation(try access(), in: context, within: budget)
            revocation.isRecovery = isRecovery
        } catch {
            try revokeWithoutParent(leases, open, &reports, isPatient: isPatient, error)
            return reports
        }
        if open.count > 1 { revocation.look(for: open.map { leases[$0] }) }
        // A token that revokes itself can revoke nothing after that.
        let own = Set(open.filter { revocation.isOwn(leases[$0].lease) })
        for index in open.filter({ !own.contains($0) }) + own {
            var stored = leases[index]
            let isUnsourced = wasNeverSourced(stored.lease)
            reports[index] = revocation.revoke(&stored, isPatient: isPatient)
            if reports[index].isRefused, let report = revokeItself(&stored, isPatient: isPatient) {
                reports[index] = report
            }
            reports[index].traces = traces[index]
            reports[index].isExported = stored.lease.variable != nil
            reports[index].wasNeverSourced = isUnsourced
            tell(of: reports[index], stored.lease)
            stored.close(at: context.clock.unixTime())
        }
        return reports
    }

    /// Whether the job did not source the script, nor got the token in any other way.
    private func wasNeverSourced(_ lease: Lease) -> Bool {
        lease.isExported && lease.folder.map(JobFolder.hasScript) == true
            && context.environment.nonEmpty("PULUMI_ACCESS_TOKEN_ID") != lease.tokenID?.rawValue
    }

    /// Closes what needs no request.
    private func closing(_ stored: StoredLease) -> RevocationReport {
        let lease = stored.lease
        let now = context.clock.unixTime()
        var report = RevocationReport()
        if !lease.isRevocable {
            report.over = .notRevocable(lease.lastExpiry)
            if lease.isOver(lease.lastExpiry, at: now) { report.expired = .init(secondsAgo: now - lease.lastExpiry) }
        } else if lease.isSettled {
            report.over = .settled
        } else if lease.hasExpired(at: now, margin: LeaseState.clockMargin) {
            report.over = .expired(lease.lastExpiry)
            report.expired = lease.token.map { .init(secondsAgo: now - $0.expires) }
        } else {
            return report
        }
        stored.close(at: now)
        tell(of: report.over, lease)
        return report
    }

    private func traces(of lease: Lease, backend: String? = nil) -> JobTraces {
        let environment = context.environment
        return JobTraces.find(
            of: lease,
            in: environment,
            backend: backend ?? environment.nonEmpty("PULUMI_BACKEND_URL")
        )
    }

    // MARK: Without the parent

    /// Revokes by means of the tokens themselves what no credential is there for.
    ///
    /// - Throws: when something is left.
    private func revokeWithoutParent(
        _ leases: [StoredLease],
        _ open: [Int],
        _ reports: inout [RevocationReport],
        isPatient: Bool,
        _ error: Explanation
    ) throws(LifecycleError) {
        var leftovers: [Leftover] = []
        for index in open {
            var stored = leases[index]
            if let report = revokeItself(&stored, isPatient: isPatient) {
                let traces = reports[index].traces
                reports[index] = report
                reports[index].traces = traces
            } else {
                tell(of: error, stored.lease, token: stored.lease.tokenID)
                leftovers.append(Leftover(tokenID: stored.lease.tokenID, expires: stored.lease.lastExpiry))
            }
            // A copy of a token that could not be revoked is not left behind either.
            stored.close(at: context.clock.unixTime())
        }
        guard leftovers.isEmpty else { throw LifecycleError(error, leftovers: leftovers) }
    }

    /// Revokes a token by means of itself, as the job's private folder has it.
    ///
    /// - Returns: nil when that is no way either.
    private func revokeItself(_ stored: inout StoredLease, isPatient: Bool) -> RevocationReport? {
        guard let value = stored.keptToken else { return nil }
        context.console.hide(value)
        let connection = Parent.connection(to: cloud.url, options, within: budget, in: context)
        let itself = LeaseRevocation(itself: value, over: connection, in: context, within: budget)
        let report = itself.revoke(&stored, isPatient: isPatient)
        guard stored.lease.isSettled else { return nil }
        context.console.notice("the parent credential is missing or was rejected, so the token revoked itself")
        return report
    }

    private mutating func access() throws(Explanation) -> CloudAccess {
        if let opened { return opened }
        let parent = if let parent { parent } else { try Parent.find(options, in: cloud, in: context) }
        let access = try parent.open(within: budget, in: context)
        (self.parent, opened) = (parent, access)
        return access
    }

    /// Revokes what a failed mint may have left.
    mutating func undo(_ stored: inout StoredLease) -> RevocationReport {
        guard let opened else { return RevocationReport() }
        let report =
            stored.lease.isSettled
            ? RevocationReport()
            : LeaseRevocation(opened, in: context, within: budget).revoke(&stored, isPatient: false)
        stored.close(at: context.clock.unixTime())
        tell(of: report, stored.lease)
        return report
    }

    /// Revokes the token of a command that has run; where the parent is refused or cannot be had, the token itself does.
    package mutating func revoke(_ lease: consuming MintedLease) -> RevocationReport {
        let minted = lease.minted
        let backend = lease.variables.first { $0.name == "PULUMI_BACKEND_URL" }?.value.plain
        let traces = traces(of: lease.lease, backend: backend)
        var report = lease.end { stored in revoke(&stored, minted) }
        report.traces = traces
        return report
    }

    /// Tries to revoke a token that others have another one for; what is left of it stays ours, and its guardian waits.
    mutating func tryToRevoke(_ lease: inout MintedLease) -> RevocationReport {
        let minted = lease.minted
        return lease.tryToEnd { stored in revoke(&stored, minted) }
    }

    private mutating func revoke(_ stored: inout StoredLease, _ minted: Minted) -> RevocationReport {
        var report = closing(stored)
        guard report.over == nil, let before = opened else { return report }
        if let access = fresh(before) {
            report = LeaseRevocation(access, in: context, within: budget).revoke(&stored, isPatient: true)
        }
        if report.isRefused || !stored.lease.isSettled && report.leftovers.isEmpty {
            context.console.trace("the credential is no longer accepted, so the token revokes itself")
            let itself = LeaseRevocation(itself: minted.value, of: before, in: context, within: budget)
            report = itself.revoke(&stored, isPatient: true)
        }
        stored.close(at: context.clock.unixTime())
        tell(of: report, stored.lease)
        return report
    }

    /// An exchanged credential may have expired meanwhile, so the identity token is exchanged again.
    private mutating func fresh(_ access: CloudAccess) -> CloudAccess? {
        guard access.exchanged != nil, let parent else { return access }
        do throws(Explanation) {
            // A service that does not answer must leave time for the other way.
            let half = budget.reserving(budget.remaining / 2)
            let again = try parent.open(within: half, in: context, isAgain: true)
            opened = again
            return again
        } catch {
            context.console.trace("no new credential: \(error.message)")
            return nil
        }
    }

    // MARK: Trail

    /// Adds to the trail what is not revoked.
    private func tell(of report: RevocationReport, _ lease: Lease) {
        for (leftover, error) in report.failures { tell(of: explain(error), lease, token: leftover.tokenID, report) }
        for leftover in report.pending {
            let isAnother = report.isAnotherAccount
            let reason = isAnother ? RevocationReport.otherAccount : RevocationReport.notListedYet
            let pending = Explanation(isAnother ? .notAllowed : .unavailable, reason)
            tell(of: pending, lease, token: leftover.tokenID, report)
        }
    }

    private func tell(of reason: Explanation, _ lease: Lease, token: TokenID?, _ report: RevocationReport? = nil) {
        var event = TrailEvent(.notRevoked, of: lease, token: token)
        event.expires = event.expires ?? lease.lastExpiry
        event.credential = (opened?.source ?? parent?.source)?.trailCredential
        event.duration = report?.begun.map { context.clock.uptime() - $0 }
        event.exitCode = reason.exitCode
        event.reason = reason.message
        context.tell(event)
    }

    /// Adds to the trail what ends by itself.
    private func tell(of over: RevocationReport.Over?, _ lease: Lease) {
        switch over {
        case .expired: context.tell(TrailEvent(.expired, of: lease, token: lease.tokenID))
        case .notRevocable:
            var event = TrailEvent(.notRevoked, of: lease, token: nil)
            event.reason = "an exchanged token cannot be revoked"
            context.tell(event)
        case .settled, nil: break
        }
    }

    // MARK: Tokens by id

    /// What the list says of ids that a user typed.
    package struct NamedTokens: Sendable {
        /// Those that there are.
        package var listed: [ListedToken] = []
        /// Those that there are not.
        package var unknown: [TokenID] = []
        /// Those that are not there, but nearly: what was typed, and what was perhaps meant.
        package var mistyped: [(typed: TokenID, meant: TokenID)] = []
    }

    /// Looks typed ids up: a cloud's 404 would not tell a token that is gone from one that never was.
    ///
    /// - Parameter kind: nil for the kind that fits the credential.
    package mutating func find(_ ids: [TokenID], of kind: TokenKind?) throws(Explanation) -> NamedTokens {
        let access = try access()
        let kind = kind ?? access.source.kind
        let all: [ListedToken]
        do throws(CloudError) {
            let listing = TokenListing(of: access.cloud, kind, retrying: context.retrying(within: budget))
            all = try listing.tokens { listed in ids.contains { $0.isLike(listed.id) } }
        } catch {
            if case .variable = access.source { isSpent = error.status == 401 }
            throw access.explain(error)
        }
        return ids.reduce(into: NamedTokens()) { found, id in
            if let token = all.first(where: { $0.id == id }) {
                found.listed.append(token)
            } else if let meant = all.first(where: { id.isLike($0.id) }) {
                found.mistyped.append((id, meant.id))
            } else {
                found.unknown.append(id)
            }
        }
    }

    /// Revokes tokens that the list shows.
    ///
    /// - Parameters:
    ///   - kind: nil for the kind that fits the credential.
    ///   - own: the token that the credential may be.
    /// - Throws: when no credential is there to ask the cloud with.
    package mutating func revoke(
        _ tokens: [ListedToken],
        of kind: TokenKind?,
        own: TokenID?
    ) throws(Explanation) -> RevocationReport {
        let access = try access()
        let cloud = access.cloud
        let kind = kind ?? access.source.kind
        var deletion = TokenDeletion(
            cloud: cloud,
            kind: kind,
            reason: context.console.withoutSecrets(context.system.auditReason),
            retrying: context.retrying(within: budget),
            budget: budget,
            now: context.clock.unixTime
        )
        deletion.own = own.map { .init(id: $0) }
        var report = RevocationReport()
        report.begun = context.clock.uptime()
        // A token that revokes itself can revoke nothing after that.
        for batch in [tokens.filter { $0.id != own }, tokens.filter { $0.id == own }] where !batch.isEmpty {
            let outcomes = deletion.run(batch.map(\.id))
            for token in batch {
                let outcome = outcomes[token.id] ?? .untried
                add(outcome.settled(cloud.connection.timeIsOver), of: token, kind, to: &report)
            }
        }
        return report
    }

    private func add(
        _ outcome: Result<RevocationReport.Ending, CloudError>,
        of token: ListedToken,
        _ kind: TokenKind,
        to report: inout RevocationReport
    ) {
        var event = TrailEvent(.revoked, kind, token: token)
        event.credential = (opened?.source ?? parent?.source)?.trailCredential
        event.duration = report.begun.map { context.clock.uptime() - $0 }
        switch outcome {
        case .success(let ending):
            report.ended.append((token.id, ending))
            if ending == .gone { event.name = .gone }
        case .failure(let error):
            report.failures.append((Leftover(tokenID: token.id, expires: token.expires ?? 0), error))
            let explanation = explain(error)
            event.name = .notRevoked
            event.exitCode = explanation.exitCode
            event.reason = explanation.message
        }
        context.tell(event)
    }
}

extension TokenID {
    /// Whether it is another id, or its beginning, but for case and spaces.
    fileprivate func isLike(_ other: TokenID) -> Bool {
        let typed = rawValue.lowercased().filter { $0 != " " }
        // A letter or two begin many ids, and mean none.
        return self == other || typed.utf8.count >= 4 && other.rawValue.lowercased().hasPrefix(typed)
    }
}
