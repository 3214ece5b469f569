package import HostSystem
package import PulumiCloud
package import Secrets

/// Mints one token so that it cannot be lost: the record is written before each request.
package struct Minting {
    /// What minting works with.
    package struct Tools {
        package var cloud: PulumiCloud
        package var records: any LeaseRecords
        package var budget: TimeBudget
        package var clock: HostClock
        package var random: Randomness
        /// Hides every form of a secret from the log, before anything else is written.
        package var mask: (Secret) throws(Explanation) -> Void
        package var report: Reporter
        /// What a refusal means and what to do.
        package var explain: (CloudError) -> Explanation
        /// Of the credential that the cloud is asked with.
        package var fingerprint: (_ salt: Nonce) -> Fingerprint

        package init(
            cloud: PulumiCloud,
            records: any LeaseRecords,
            budget: TimeBudget,
            clock: HostClock,
            random: Randomness,
            mask: @escaping (Secret) throws(Explanation) -> Void,
            report: Reporter,
            explain: @escaping (CloudError) -> Explanation,
            fingerprint: @escaping (_ salt: Nonce) -> Fingerprint
        ) {
            self.cloud = cloud
            self.records = records
            self.budget = budget
            self.clock = clock
            self.random = random
            self.mask = mask
            self.report = report
            self.explain = explain
            self.fingerprint = fingerprint
        }
    }

    /// The part of the time, in quarters, and at most ten seconds, that is kept for undoing.
    private static let reserve: Duration = .seconds(10)
    /// A server whose replies cannot be read is not asked for ever more tokens.
    private static let unreadableLimit = 3
    /// A clock that is off by more than this is not trusted, seconds.
    package static let clockTolerance: Int64 = 60

    let tools: Tools
    private let cloud: PulumiCloud
    private let retrying: Retrying
    /// What to add to this machine's clock to get the server's, seconds; 0 while they agree.
    private var clockOffset: Int64 = 0
    private var unreadableReplies = 0

    package init(_ tools: Tools) {
        self.tools = tools
        let creating = tools.budget.reserving(min(Self.reserve, tools.budget.remaining / 4))
        var cloud = tools.cloud
        cloud.connection.budget = creating
        self.cloud = cloud
        retrying = Retrying(budget: creating, random: tools.random, trace: tools.report.trace)
    }

    /// Mints, hands over by `export`, and only then calls the token the job's.
    ///
    /// - Parameter export: gives the job the token, or throws and leaves nothing behind.
    /// - Throws: after undoing whatever could be undone; what could not stands in the record and in the error.
    package mutating func mint(
        _ order: MintOrder,
        as lease: inout Lease,
        export: (Minted) throws(Explanation) -> Void
    ) throws(LifecycleError) -> Minted {
        do throws(LifecycleError) {
            var minted = try create(order, as: &lease)
            if order.verifies {
                let granted = try verify(minted)
                minted.lifetime += granted - minted.expires
                minted.expires = granted
                lease.expires = granted
            }
            if order.waits { try awaitAcceptance(of: minted) }
            try stopIfInterrupted()
            try lifecycle { () throws(Explanation) in try export(minted) }
            try stopIfInterrupted()
            lease.isExported = true
            try save(lease)
            return minted
        } catch {
            throw undo(&lease, after: error)
        }
    }

    private mutating func create(_ order: MintOrder, as lease: inout Lease) throws(LifecycleError) -> Minted {
        var failures = 0
        while true {
            try stopIfInterrupted()
            let nonce = Nonce(from: tools.random)
            let expires = order.lifetime.expiry(from: tools.clock.unixTime() + clockOffset)
            lease.unresolved.append(.init(nonce: nonce, since: tools.clock.unixTime(), expires: expires))
            do throws(LifecycleError) {
                try save(lease)
            } catch {
                // No request went out under this nonce.
                lease.resolve(nonce)
                throw error
            }
            let description = Description(text: order.text, nonce: nonce, run: lease.run).whole
            let reply = request(description, expires, order.reason)
            lease.compareClocks(reply.serverTime, at: tools.clock.unixTime())
            switch reply {
            case .success(let token):
                let minted = Minted(
                    id: token.id,
                    value: token.value,
                    description: description,
                    expires: expires,
                    lifetime: order.lifetime.seconds(from: token.serverTime ?? tools.clock.unixTime()),
                    reason: order.reason
                )
                try keep(minted, nonce: nonce, in: &lease)
                guard followServerClock(token.serverTime, order.lifetime) else { return minted }
                try discard(&lease)
            case .failure(let error):
                settle(error, nonce: nonce, in: &lease)
                if followServerClock(error.serverTime, order.lifetime), !error.mayHaveActed { continue }
                // A record has room for one id: what lives on under it must not be lost to another attempt.
                guard lease.tokenID == nil, isWorthRepeating(error), retrying.pause(after: error, attempt: failures)
                else {
                    try stopIfInterrupted()
                    throw LifecycleError(tools.explain(error), refusal: error.mayHaveActed ? nil : error.status)
                }
                failures += 1
            }
        }
    }

    private func request(_ description: String, _ expires: Int64, _ reason: String?) -> Result<MintedToken, CloudError>
    {
        Result { () throws(CloudError) in
            try cloud.createToken(description: description, expires: expires, reason: reason)
        }
    }

    /// The token exists: from here on its id is on record, and no log can show it.
    private func keep(_ minted: Minted, nonce: Nonce, in lease: inout Lease) throws(LifecycleError) {
        lease.resolve(nonce)
        lease.tokenID = minted.id
        lease.token = Fingerprint(of: minted.value, salt: lease.id)
        lease.expires = minted.expires
        lease.description = minted.description
        try lifecycle { () throws(Explanation) in try tools.mask(minted.value) }
        try save(lease)
    }

    /// After a failed request: ends what it may have made all the same.
    private mutating func settle(_ error: CloudError, nonce: Nonce, in lease: inout Lease) {
        guard error.mayHaveActed else { return lease.resolve(nonce) }
        if case .unreadable = error { unreadableReplies += 1 }
        if let id = error.tokenID {
            // Its value is lost, so nobody can use it; its id is not, so it can be ended.
            lease.tokenID = id
            lease.expires = lease.unresolved.first { $0.nonce == nonce }?.expires
            lease.resolve(nonce)
        } else if let index = lease.unresolved.firstIndex(where: { $0.nonce == nonce }) {
            lease.unresolved[index].since = tools.clock.unixTime()
        }
        tools.report.trace("the token may have been made all the same (\(error.summary)): looking for it")
        _ = revocation.end(&lease, isPatient: false)
    }

    private func isWorthRepeating(_ error: CloudError) -> Bool {
        if case .unreadable = error { return unreadableReplies < Self.unreadableLimit }
        return error.isRetryable
    }

    // MARK: Clock

    /// Learns the server's time; says whether the expiry has to be asked for again because of it.
    private mutating func followServerClock(_ serverTime: Int64?, _ lifetime: Lifetime) -> Bool {
        guard let serverTime, clockOffset == 0, case .lasting = lifetime else { return false }
        let offset = serverTime - tools.clock.unixTime()
        guard abs(offset) > Self.clockTolerance else { return false }
        clockOffset = offset
        tools.report.notice(
            "this machine's clock is \(TimeSpan(seconds: abs(offset))) \(offset < 0 ? "ahead of" : "behind") the server's; "
                + "the expiry is counted in the server's time"
        )
        return true
    }

    /// Ends a token that expires at the wrong moment.
    private func discard(_ lease: inout Lease) throws(LifecycleError) {
        let report = revocation.end(&lease, isPatient: false)
        if let error = report.failures.first?.error { throw LifecycleError(tools.explain(error)) }
    }

    // MARK: Checks

    /// The expiry that was granted, Unix time, seconds.
    private func verify(_ minted: Minted) throws(LifecycleError) -> Int64 {
        let listed: ListedToken?
        do throws(CloudError) {
            listed = try TokenListing(of: cloud, retrying: retrying).tokens { $0.id == minted.id }.first
        } catch {
            throw LifecycleError(tools.explain(error))
        }
        guard let listed else { throw failure(.notListed) }
        guard let granted = listed.expires else { throw failure(.neverExpires) }
        // The server may keep less than what was asked for, never more.
        guard granted <= minted.expires + Self.clockTolerance else {
            throw failure(.expiresLater(granted: granted, asked: minted.expires))
        }
        if granted < minted.expires - Self.clockTolerance {
            tools.report.notice("the server granted less than was asked for: the token expires \(Moment(granted))")
        }
        return granted
    }

    private func awaitAcceptance(of minted: Minted) throws(LifecycleError) {
        var failures = 0
        let own = cloud.withCredential(minted.value)
        while true {
            do throws(CloudError) {
                _ = try own.currentUser()
                return
            } catch {
                // A new token may be unknown to a part of the servers for a moment.
                let isUnknownYet = error.status == 401
                guard isUnknownYet || error.isRetryable, retrying.pause(after: error, attempt: min(failures, 1)) else {
                    try stopIfInterrupted()
                    throw LifecycleError(tools.explain(error))
                }
                failures += 1
            }
        }
    }

    // MARK: Undoing

    private var revocation: Revocation {
        let undoing = tools.budget.forUndoing()
        var cloud = tools.cloud
        cloud.connection.budget = undoing
        return Revocation(
            cloud: cloud,
            retrying: Retrying(budget: undoing, random: tools.random, trace: tools.report.trace),
            budget: undoing,
            clock: tools.clock,
            fingerprint: tools.fingerprint
        )
    }

    private func undo(_ lease: inout Lease, after error: LifecycleError) -> LifecycleError {
        // Nobody uses what is ended here: the job has not got it, or is told that it failed.
        let report = revocation.end(&lease, isPatient: false)
        if lease.isSettled {
            tools.records.remove(lease)
        } else {
            // A record that cannot be written is the reason why we are here; the older one names the nonce.
            do throws(LifecycleError) { try save(lease) } catch { return error.leaving(report.leftovers) }
        }
        return error.leaving(report.leftovers)
    }

    private func save(_ lease: Lease) throws(LifecycleError) {
        do throws(FileError) {
            try tools.records.save(lease)
        } catch {
            throw LifecycleError(Explanation(unwritableLease: error))
        }
    }

    private func stopIfInterrupted() throws(LifecycleError) {
        guard let signal = tools.budget.signal else { return }
        throw LifecycleError(.interrupted(by: signal))
    }
}

extension Result<MintedToken, CloudError> {
    /// Unix time, seconds, at which the server answered; nil when it did not say.
    fileprivate var serverTime: Int64? {
        switch self {
        case .success(let token): token.serverTime
        case .failure(let error): error.serverTime
        }
    }
}

/// Runs a step that somebody else explains.
private func lifecycle(_ body: () throws(Explanation) -> Void) throws(LifecycleError) {
    do throws(Explanation) { try body() } catch { throw LifecycleError(error) }
}

private func failure(_ problem: VerificationError) -> LifecycleError {
    LifecycleError(Explanation(problem))
}
