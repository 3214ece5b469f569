internal import CISystems
internal import Credentials
internal import HostSystem
internal import PulumiCloud
internal import Secrets

/// Revokes what leases may hold, with one credential.
struct LeaseRevocation {
    private let cloud: PulumiCloud
    private let retrying: Retrying
    private let budget: TimeBudget
    private let context: Context
    private let fingerprint: (_ salt: Nonce) -> Fingerprint
    private let credential: TrailCredential
    /// Whether it cleans up after a process that is gone.
    var isRecovery = false
    /// To which the credential is limited; nil when it is not.
    private var organization: String?
    /// What a list showed that was taken for several leases at once.
    private var looks: [TokenKind: Look] = [:]

    /// A look at the list, and when it was begun: Unix time, seconds.
    private struct Look {
        var tokens: [ListedToken]
        var moment: Int64
    }

    init(_ access: CloudAccess, in context: Context, within budget: TimeBudget) {
        self.init(access.cloud, access.fingerprint, access.source.trailCredential, in: context, within: budget)
        organization = access.source.organization
    }

    /// Of a token that revokes itself.
    init(itself value: Secret, of access: CloudAccess, in context: Context, within budget: TimeBudget) {
        self.init(
            access.cloud.withCredential(value),
            { Fingerprint(of: value, salt: $0) },
            .minted,
            in: context,
            within: budget
        )
    }

    /// Of a token that revokes itself, where there is no other credential.
    init(itself value: Secret, over connection: CloudConnection, in context: Context, within budget: TimeBudget) {
        self.init(
            PulumiCloud(connection, credential: value),
            { Fingerprint(of: value, salt: $0) },
            .minted,
            in: context,
            within: budget
        )
    }

    private init(
        _ cloud: PulumiCloud,
        _ fingerprint: @escaping (Nonce) -> Fingerprint,
        _ credential: TrailCredential,
        in context: Context,
        within budget: TimeBudget
    ) {
        var cloud = cloud
        cloud.connection.budget = budget
        self.cloud = cloud
        self.fingerprint = fingerprint
        self.credential = credential
        self.context = context
        self.budget = budget
        retrying = context.retrying(within: budget)
    }

    /// Whether the lease's token is the very credential.
    func isOwn(_ lease: Lease) -> Bool {
        lease.token?.fingerprint.map { $0 == fingerprint(lease.id) } ?? false
    }

    /// Looks once for what all of these leases may hold, so that not each has to be looked for.
    mutating func look(for leases: [StoredLease]) {
        for (kind, leases) in Dictionary(grouping: leases, by: \.lease.kind) {
            let ids = Set(leases.filter { !$0.isCertain }.compactMap(\.lease.tokenID))
            let nonces = Set(leases.flatMap(\.lease.unresolved).map(\.nonce))
            guard !ids.isEmpty || !nonces.isEmpty else { continue }
            let now = context.clock.unixTime()
            // Where that fails, the first of the leases says why.
            looks[kind] = (try? listing(of: kind).tokens(with: ids, nonces)).map { Look(tokens: $0, moment: now) }
        }
    }

    /// Revokes what a lease may hold, and takes out of it what has ended.
    ///
    /// - Parameter isPatient: wait, within the budget, until a token of a lost reply would have to be in the list.
    func revoke(_ stored: inout StoredLease, isPatient: Bool) -> RevocationReport {
        var report = RevocationReport()
        report.begun = context.clock.uptime()
        if isOwn(stored.lease) {
            // What revokes itself can list nothing after that; half of the time is kept for it.
            revokeUnresolved(of: &stored, isPatient: isPatient, within: budget.remaining / 2, &report)
            revokeToken(of: &stored, &report)
        } else {
            revokeToken(of: &stored, &report)
            revokeUnresolved(of: &stored, isPatient: isPatient, within: budget.remaining, &report)
        }
        return report
    }

    // MARK: The token

    private func revokeToken(of stored: inout StoredLease, _ report: inout RevocationReport) {
        guard let token = stored.lease.token, let id = token.id else { return }
        let leftover = Leftover(tokenID: id, expires: token.expires)
        do throws(CloudError) {
            guard let ending = try ending(of: id, token, in: &stored, &report) else {
                report.disowned.append(id)
                return settle(.revoked(id), in: &stored)
            }
            guard ending == .revoked || isOfMinter(stored.lease, report) else {
                report.isAnotherAccount = true
                report.pending.append(leftover)
                return
            }
            report.ended.append((id, ending))
            report.expired = expiry(of: token, stored.lease)
            tell(of: ending, id, in: stored.lease, report)
            settle(.revoked(id), in: &stored)
        } catch {
            report.failures.append((leftover, error))
        }
    }

    /// How the token ended; nil when the list shows that the record does not own it.
    private func ending(
        of id: TokenID,
        _ token: Lease.Token,
        in stored: inout StoredLease,
        _ report: inout RevocationReport
    ) throws(CloudError) -> RevocationReport.Ending? {
        if !stored.isCertain {
            // A record is data: it does not choose what our credential deletes.
            guard let listed = try listed(id, token, in: stored) else { return .gone }
            guard let nonce = listed.nonce, nonce == token.nonce else { return nil }
            if listed.lastUsed == nil { report.unused.append(id) }
        }
        var deletion = deletion(of: stored.lease.kind)
        if isOwn(stored.lease) {
            let mayBeGone = token.isEndingItself || stored.isEndedElsewhere(id)
            deletion.own = .init(id: id, expires: token.expires, mayBeGone: mayBeGone)
            // Killed after the request, nobody could ask with this token any more what became of it.
            if !mayBeGone { settle(.endingItself(id), in: &stored) }
        }
        switch deletion.run([id])[id] {
        case .ended(let ending): return ending
        case .failed(let error): throw error
        case .untried, nil: throw cloud.connection.timeIsOver
        }
    }

    /// That a token expired before it was revoked; nil when it did not.
    private func expiry(of token: Lease.Token, _ lease: Lease) -> RevocationReport.Expiry? {
        let now = context.clock.unixTime()
        guard lease.isOver(token.expires - 1, at: now) else { return nil }
        var expiry = RevocationReport.Expiry(secondsAgo: now - token.expires)
        // A longer life may be what the organization does not allow.
        guard let name = lease.kind.organization ?? organization,
            let rule = try? cloud.metadata(of: name), let days = rule.longestTokenDays,
            rule.refusal(of: token.expires - lease.created + Minter.clockTolerance) != nil
        else { return expiry }
        expiry.cap = .init(organization: name, days: days)
        return expiry
    }

    /// What the list shows of a token.
    private func listed(
        _ id: TokenID,
        _ token: Lease.Token,
        in stored: StoredLease
    ) throws(CloudError) -> ListedToken? {
        if let look = looks[stored.lease.kind] { return look.tokens.first { $0.id == id } }
        do throws(CloudError) {
            return try listing(of: stored.lease.kind).tokens(with: [id], []).first
        } catch {
            // A token that has expired, or has deleted itself, can list nothing.
            guard error.status == 401, isOwn(stored.lease) else { throw error }
            guard token.isEndingItself || token.expires <= serverTime(after: error) else { throw error }
            return nil
        }
    }

    /// The server's time, if two of its replies agree; otherwise ours.
    private func serverTime(after error: CloudError) -> Int64 {
        var clock = ServerClock()
        if clock.hear(error.serverTime, at: context.clock.unixTime()) == .doubtful {
            let again = try? cloud.connection.ping()
            _ = clock.hear(again ?? nil, at: context.clock.unixTime())
        }
        return clock.time(at: context.clock.unixTime())
    }

    private func listing(of kind: TokenKind) -> TokenListing { TokenListing(of: cloud, kind, retrying: retrying) }

    private func deletion(of kind: TokenKind) -> TokenDeletion {
        TokenDeletion(
            cloud: cloud,
            kind: kind,
            reason: context.console.withoutSecrets(context.system.auditReason),
            retrying: retrying,
            budget: budget,
            now: context.clock.unixTime
        )
    }

    /// Adds to the trail how the token of a lease ended.
    private func tell(
        of ending: RevocationReport.Ending,
        _ id: TokenID,
        in lease: Lease,
        _ report: RevocationReport
    ) {
        let name: TrailEvent.Name = ending == .gone ? .gone : isRecovery ? .recovered : .revoked
        tell(TrailEvent(name, of: lease, token: id), report)
    }

    /// The same of a token that only the list has shown.
    private func tell(
        of ending: RevocationReport.Ending,
        _ token: ListedToken,
        in lease: Lease,
        _ report: RevocationReport
    ) {
        var event = TrailEvent(ending == .gone ? .gone : .recovered, of: lease, token: token.id)
        event.description = token.description
        event.expires = token.expires
        tell(event, report)
    }

    private func tell(_ event: TrailEvent, _ report: RevocationReport) {
        var event = event
        event.credential = credential
        event.duration = report.begun.map { context.clock.uptime() - $0 }
        context.tell(event)
    }

    private func settle(_ change: LeaseChange, in stored: inout StoredLease) {
        stored.note(change)
        // A record of what is over goes next, and until then it names what no list shows any more.
        guard !stored.lease.isSettled else { return }
        // So does one that cannot be written.
        try? stored.write()
    }

    // MARK: Lost replies

    private func revokeUnresolved(
        of stored: inout StoredLease,
        isPatient: Bool,
        within patience: Duration,
        _ report: inout RevocationReport
    ) {
        var look = looks[stored.lease.kind]
        while !stored.lease.unresolved.isEmpty {
            do throws(CloudError) {
                try revokeListed(of: &stored, look, &report)
                look = nil
            } catch {
                report.failures += stored.lease.unresolved.map { (Leftover(tokenID: nil, expires: $0.expires), error) }
                return
            }
            guard !report.isAnotherAccount, let wait = timeUntilCertain(stored.lease) else { break }
            guard isPatient, wait < min(patience, budget.remaining), !budget.isInterrupted else { break }
            if wait >= .seconds(5) {
                let span = TimeSpan(seconds: wait.components.seconds)
                context.console.notice("waiting \(span) until no lost request can still mint a token")
            }
            budget.sleep(for: wait)
        }
        report.pending += stored.lease.unresolved.map { Leftover(tokenID: nil, expires: $0.expires) }
    }

    /// Revokes what the list shows of the unresolved nonces, and forgets those that came to nothing.
    private func revokeListed(
        of stored: inout StoredLease,
        _ look: Look?,
        _ report: inout RevocationReport
    ) throws(CloudError) {
        // Before the list: what was sent later than a timeout ago may still come after it.
        let now = look?.moment ?? context.clock.unixTime()
        let nonces = Set(stored.lease.unresolved.map(\.nonce))
        let listed = if let look { look.tokens } else { try listing(of: stored.lease.kind).tokens(with: [], nonces) }
        let found = listed.filter { $0.nonce.map(nonces.contains) ?? false }
        let outcomes = deletion(of: stored.lease.kind).run(found.map(\.id))
        for token in found {
            guard let nonce = token.nonce else { continue }
            switch outcomes[token.id] {
            case .ended(let ending):
                report.ended.append((token.id, ending))
                tell(of: ending, token, in: stored.lease, report)
                settle(.settled(nonce), in: &stored)
            case .failed(let error): throw error
            case .untried, nil: throw cloud.connection.timeIsOver
            }
        }
        forgetWhatCameToNothing(in: &stored, at: now, &report)
    }

    private func forgetWhatCameToNothing(in stored: inout StoredLease, at now: Int64, _ report: inout RevocationReport)
    {
        let lease = stored.lease
        // The list of another account shows none of them, whatever became of them.
        let isTheirs = isOfMinter(lease, report)
        for entry in lease.unresolved {
            let isCertain = isTheirs && now - entry.since >= lease.requestTimeout
            guard isCertain || lease.isOver(entry.expires + lease.requestTimeout, at: now) else { continue }
            settle(.settled(entry.nonce), in: &stored)
        }
        if !isTheirs, !stored.lease.unresolved.isEmpty { report.isAnotherAccount = true }
    }

    /// Whether the credential is known to be of the account that minted.
    private func isOfMinter(_ lease: Lease, _ report: RevocationReport) -> Bool {
        fingerprint(lease.id) == lease.parent || isOwn(lease) || report.ended.contains { $0.ending == .revoked }
    }

    /// How long until the youngest unresolved nonce must be in the list; nil when there is none.
    private func timeUntilCertain(_ lease: Lease) -> Duration? {
        lease.unresolved.map { entry in
            // A clock that was set back must not make anybody wait for longer than a timeout.
            let wait = entry.since + lease.requestTimeout - context.clock.unixTime()
            return .seconds(min(lease.requestTimeout, max(0, wait)))
        }.max()
    }
}
