internal import CISystems
internal import Credentials
internal import HostSystem
internal import PulumiCloud
internal import Secrets

/// Mints one token so that it cannot be lost: the record is written before each request.
struct Minting: ~Copyable {
    /// The part of the time, in quarters, and at most ten seconds, that is kept for undoing.
    private static let reserve: Duration = .seconds(10)
    /// A server whose replies cannot be read is not asked for ever more tokens.
    private static let unreadableLimit = 3

    private(set) var held: HeldLease
    let context: Context
    let access: CloudAccess
    let cloud: PulumiCloud
    let retrying: Retrying
    let budget: TimeBudget
    private let prepared: PreparedLease
    /// The server's time, as far as it may be believed.
    private var serverClock = ServerClock()
    private var unreadableReplies = 0
    /// Whether a request to mint may have gone out.
    private var hasRequested = false
    /// When the mint began, in uptime.
    private let begun: Duration

    init(
        _ held: consuming HeldLease,
        _ prepared: PreparedLease,
        context: Context,
        access: CloudAccess,
        budget: TimeBudget,
        since begun: Duration
    ) {
        self.begun = begun
        self.held = held
        self.prepared = prepared
        self.context = context
        self.access = access
        self.budget = budget
        let minting = budget.reserving(min(Self.reserve, budget.remaining / 4))
        var cloud = access.cloud
        cloud.connection.budget = minting
        cloud.connection.mayBeGivenUp = self.held.isGuarded
        self.cloud = cloud
        retrying = context.retrying(within: minting)
    }

    /// Mints, exports, and only then calls the token the job's.
    mutating func run(_ request: MintRequest, by exporter: inout Exporter) throws(LifecycleError) -> Minted {
        guard !access.isDirect else { return try exportExchanged(access.exchanged, request, by: &exporter) }
        do throws(LifecycleError) {
            if request.verifies { try checkCap(request.lifetime) }
            var minted = try mint(request)
            tellOfWiderRights()
            if request.verifies { minted = try verified(minted) }
            if request.waits { try awaitAcceptance(of: minted) }
            try stopIfInterrupted()
            try lifecycle { () throws(Explanation) in
                try export(minted, by: &exporter, keepsToken: request.keepsToken)
            }
            return minted
        } catch {
            // Under a nonce that is only on record, there is nothing to look for.
            if !hasRequested { for entry in held.lease.unresolved { held.note(.settled(entry.nonce)) } }
            guard access.mayUseExchangedToken, let status = error.refusal, error.explanation.exitCode == .notAllowed,
                held.lease.isSettled, held.lease.kind == access.source.kind
            else { throw error }
            let cause = held.lease.kind == .personal ? "status \(status)" : error.explanation.message
            context.console.notice("the exchanged token is not allowed to mint (\(cause)), so the job uses it directly")
            let expiration = request.lifetime.seconds(from: context.clock.unixTime())
            let again = try lifecycle { () throws(Explanation) in try access.exchangeAgain(expiration: expiration) }
            return try exportExchanged(again, request, by: &exporter)
        }
    }

    /// The end of a mint that succeeded.
    consuming func finish(_ minted: Minted, by exporter: Exporter) -> MintedLease {
        for entry in held.lease.unresolved {
            let leftover = Leftover(tokenID: nil, expires: entry.expires)
            context.console.notice(
                "not revoked yet: \(leftover.sentence), minted before \(minted.id?.rawValue ?? "this one"); "
                    + "the end of the job tries again"
            )
        }
        let variables = exporter.variables(for: minted, with: prepared.variables)
        return MintedLease(minted, variables, held)
    }

    /// The end of one that did not: nobody uses what is revoked here, since the job has not got it, or is told that it
    /// failed.
    consuming func undo(after error: LifecycleError, by revoker: Revoker, _ exporter: Exporter) -> LifecycleError {
        var revoker = revoker
        let report = held.end { stored in revoker.undo(&stored) }
        exporter.takeBack(error.explanation.exitCode)
        return error.leaving(report.leftovers)
    }

    /// Whether somebody wants us to end, and the guardian can wait for the answer to an open request instead of us.
    var isForGuardian: Bool { held.isGuarded && budget.signal != nil && !held.lease.unresolved.isEmpty }

    /// The end of one that was told to end: dropped without a word, the guardian does what is left.
    consuming func leave(after error: LifecycleError, _ exporter: Exporter) -> LifecycleError {
        exporter.takeBack(error.explanation.exitCode)
        context.console.notice(
            "a request was not answered yet: a guardian stays and revokes the token if it was minted"
        )
        return error
    }

    // MARK: Requests

    private mutating func mint(_ request: MintRequest) throws(LifecycleError) -> Minted {
        var failures = 0
        // The first nonce is in the record since that was made.
        var next = held.lease.unresolved.last
        while true {
            try stopIfInterrupted()
            let attempt = if let next { next } else { try announce(request.lifetime) }
            next = nil
            let new = request.newToken(as: attempt, of: held.lease, in: context)
            hasRequested = true
            let reply = Result { () throws(CloudError) in try cloud.createToken(new) }
            switch reply {
            case .success(let token):
                let minted = Minted(
                    id: token.id,
                    kind: held.lease.kind,
                    cloud: held.lease.cloud,
                    value: token.value,
                    description: new.description,
                    expires: attempt.expires,
                    lifetime: request.lifetime.seconds(from: serverClock.time(at: context.clock.unixTime())),
                    reason: new.reason
                )
                try keep(minted, as: attempt.nonce)
                guard try followServerClock(token.serverTime, request.lifetime) else { return minted }
                try discard()
            case .failure(let error):
                try settle(error, attempt, new.description)
                let mayHaveActed = mayHaveActed(error)
                if try followServerClock(error.serverTime, request.lifetime), !mayHaveActed { continue }
                // A record has room for one id: what may be valid under it must not be lost to another attempt.
                guard held.lease.tokenID == nil, isWorthRepeating(error),
                    retrying.pause(after: error, attempt: failures)
                else {
                    try stopIfInterrupted()
                    let now = context.clock.unixTime()
                    let explanation = access.explainMint(error, expires: attempt.expires, at: now)
                    throw LifecycleError(explanation, refusal: mayHaveActed ? nil : error.status)
                }
                failures += 1
            }
        }
    }

    /// An exchange limits a credential to one organization, and the minted token is free of that limit.
    private func tellOfWiderRights() {
        guard access.exchanged != nil, held.lease.kind == .personal, let organization = access.source.organization
        else { return }
        context.console.notice(
            "the exchanged token is limited to \(organization), but the personal token minted with it reaches every "
                + "organization of its user"
        )
    }

    /// Puts another nonce on record, before the request that bears it.
    private mutating func announce(_ lifetime: Lifetime) throws(LifecycleError) -> Lease.Unresolved {
        let now = context.clock.unixTime()
        let entry = Lease.Unresolved(
            nonce: Nonce(from: context.random),
            since: now,
            expires: lifetime.expiry(from: serverClock.time(at: now))
        )
        do throws(LifecycleError) {
            try record(.requesting(entry))
        } catch {
            // No request went out under this nonce.
            try? record(.settled(entry.nonce))
            throw error
        }
        return entry
    }

    /// The token exists: from here on its id is on record, and no log can show it.
    private mutating func keep(_ minted: Minted, as nonce: Nonce) throws(LifecycleError) {
        let token = Lease.Token(
            id: minted.id,
            fingerprint: Fingerprint(of: minted.value, salt: held.lease.id),
            expires: minted.expires,
            description: minted.description
        )
        let masked = Result { () throws(LifecycleError) in
            try lifecycle { () throws(Explanation) in try context.mask(minted.value, within: budget) }
        }
        // On record even when the mask failed: it has to be revoked then.
        try record(.minted(token, as: nonce))
        held.tell(of: minted.value)
        tell(.minted)
        try masked.get()
    }

    /// After a failed request: revokes what it may have made all the same.
    private mutating func settle(
        _ error: CloudError,
        _ attempt: Lease.Unresolved,
        _ description: String
    ) throws(LifecycleError) {
        guard mayHaveActed(error) else { return try record(.settled(attempt.nonce), isWritten: false) }
        if case .unreadable = error { unreadableReplies += 1 }
        if let id = error.tokenID {
            // Its value is lost, so nobody can use it; its id is not, so it can be revoked.
            let token = Lease.Token(id: id, fingerprint: nil, expires: attempt.expires, description: description)
            try record(.minted(token, as: attempt.nonce))
            tell(.minted)
        } else {
            try record(.unanswered(attempt.nonce, since: context.clock.unixTime()))
        }
        guard !isForGuardian else { return }
        context.console.trace("the token might have been minted nevertheless (\(error.summary)): looking for it")
        _ = held.revoke(by: lookup, isPatient: false)
    }

    /// A name that is taken was taken by this very request, sent twice on its way: no two nonces are the same.
    private func mayHaveActed(_ error: CloudError) -> Bool { error.mayHaveActed || error.isNameTaken }

    private func isWorthRepeating(_ error: CloudError) -> Bool {
        if error.isNameTaken { return true }
        if case .unreadable = error { return unreadableReplies < Self.unreadableLimit }
        return error.isRetryable
    }

    /// What looks for tokens of lost replies, and revokes them.
    private var lookup: LeaseRevocation {
        LeaseRevocation(access, in: context, within: budget.forUndoing())
    }

    // MARK: Clock

    /// Learns the server's time; says whether the expiry has to be asked for again because of it.
    private mutating func followServerClock(
        _ serverTime: Int64?,
        _ lifetime: Lifetime
    ) throws(LifecycleError) -> Bool {
        guard case .lasting = lifetime, serverClock.offset == 0 else { return false }
        var word = serverClock.hear(serverTime, at: context.clock.unixTime())
        if word == .doubtful {
            // One wrong date rules nothing: another reply has to say the same.
            let again = try? cloud.connection.ping()
            word = serverClock.hear(again ?? nil, at: context.clock.unixTime())
        }
        guard word == .corrected else { return false }
        let offset = serverClock.offset
        try record(.comparedClocks(offset: offset), isWritten: false)
        context.console.notice(
            "this machine's clock is \(TimeSpan(seconds: abs(offset))) \(offset < 0 ? "ahead of" : "behind") the server's; "
                + "the expiry is counted in the server's time"
        )
        return true
    }

    /// Revokes a token that expires at the wrong moment.
    private mutating func discard() throws(LifecycleError) {
        let report = held.revoke(by: lookup, isPatient: false)
        if let error = report.failures.first?.error { throw LifecycleError(access.explainMint(error)) }
    }

    // MARK: Export

    private mutating func export(
        _ minted: Minted,
        by exporter: inout Exporter,
        keepsToken: Bool = false
    ) throws(Explanation) {
        let variables = exporter.variables(for: minted, with: prepared.variables)
        if minted.isRevocable, prepared.credentialsFolder != nil, keepsToken || mayLoseCredential {
            do throws(FileError) { try prepared.folder?.keep(minted.value) } catch { throw .unwritableFolder(error) }
        }
        do throws(Explanation) {
            try exporter.export(minted, variables, in: prepared.folder)
        } catch {
            for file in exporter.written { held.note(.wrote(file)) }
            throw error
        }
        for file in exporter.written { held.note(.wrote(file)) }
        if let signal = budget.signal { throw .interrupted(by: signal) }
        try held.record(.exported)
        tell(.exported)
    }

    /// Adds to the trail what has just happened to the lease.
    private func tell(_ name: TrailEvent.Name) {
        var event = TrailEvent(name, of: held.lease, token: held.lease.tokenID)
        event.credential = access.source.trailCredential
        event.duration = context.clock.uptime() - begun
        context.tell(event)
    }

    /// Whether what minted may be gone at the end of the job: a later step can set its variable, or log in again.
    private var mayLoseCredential: Bool {
        guard held.lease.holder != .supervisor else { return false }
        return switch access.source {
        case .variable, .login: true
        case .given, .oidc: false
        }
    }

    /// Exports a token that has no id, so that nobody can revoke it.
    private mutating func exportExchanged(
        _ exchanged: ExchangedToken?,
        _ request: MintRequest,
        by exporter: inout Exporter
    ) throws(LifecycleError) -> Minted {
        guard let exchanged else { preconditionFailure("only an exchanged token is used itself") }
        let now = serverClock.earliest(exchanged.serverTime, at: context.clock.unixTime())
        let lifetime = exchanged.expiresIn ?? request.lifetime.seconds(from: now)
        let minted = Minted(
            id: nil,
            kind: access.source.kind,
            cloud: held.lease.cloud,
            value: exchanged.value,
            description: request.text,
            expires: now + lifetime,
            lifetime: lifetime,
            reason: request.reason(for: access.source.kind, in: context)
        )
        context.console.warning(
            "this exchanged token cannot be revoked; it expires \(Moment(minted.expires))",
            hint: "set --ttl to a short time, use a stored token, or set --oidc-use to mint to fail instead"
        )
        let fingerprint = Fingerprint(of: minted.value, salt: held.lease.id)
        try record(.exchanged(Lease.Token(id: nil, fingerprint: fingerprint, expires: minted.expires)))
        tell(.minted)
        try lifecycle { () throws(Explanation) in try export(minted, by: &exporter) }
        return minted
    }

    /// - Parameter isWritten: false for what is worth nothing to anybody else before the next change.
    mutating func record(_ change: LeaseChange, isWritten: Bool = true) throws(LifecycleError) {
        guard isWritten else { return held.note(change) }
        try lifecycle { () throws(Explanation) in try held.record(change) }
    }

    func stopIfInterrupted() throws(LifecycleError) {
        guard let signal = budget.signal else { return }
        throw LifecycleError(.interrupted(by: signal))
    }
}

extension CloudError {
    fileprivate var isNameTaken: Bool {
        guard let request = tokenRequest else { return false }
        return TokenRefusal(self, to: request.action, request.kind, at: 0) == .nameTaken
    }
}
