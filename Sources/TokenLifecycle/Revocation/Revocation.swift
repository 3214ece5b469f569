package import HostSystem
package import PulumiCloud

/// Ends tokens, and is only content when the cloud has confirmed the end.
package struct Revocation {
    /// How a token ended.
    package enum Ending: String, Sendable {
        case revoked
        /// Somebody else had revoked it, or it had expired.
        case gone
    }

    /// What became of one lease.
    package struct Report: Sendable {
        package var ended: [(id: TokenID, ending: Ending)] = []
        package var failures: [(leftover: Leftover, error: CloudError)] = []
        /// Lost replies: the list shows no token of theirs yet, but it is too early to be sure.
        package var pending: [Leftover] = []
        /// The credential is another one than that which minted, so its 404 says nothing.
        package var isAnotherAccount = false

        package init() {}

        package var leftovers: [Leftover] { failures.map(\.leftover) + pending }

        /// Why another account's 404 is no end, for people.
        package static let otherAccount = "the credential is not the one that minted it"

        /// What lives on for certain, and why, for people: without the lost replies that may have come to nothing.
        package var unended: [(leftover: Leftover, reason: String)] {
            failures.map { ($0.leftover, $0.error.summary) }
                + pending.filter { $0.tokenID != nil }.map { ($0, Self.otherAccount) }
        }
    }

    private let cloud: PulumiCloud
    private let retrying: Retrying
    private let budget: TimeBudget
    private let clock: HostClock
    private let fingerprint: (_ salt: Nonce) -> Fingerprint

    /// - Parameter fingerprint: of the credential that the cloud is asked with.
    package init(
        cloud: PulumiCloud,
        retrying: Retrying,
        budget: TimeBudget,
        clock: HostClock,
        fingerprint: @escaping (_ salt: Nonce) -> Fingerprint
    ) {
        self.cloud = cloud
        self.retrying = retrying
        self.budget = budget
        self.clock = clock
        self.fingerprint = fingerprint
    }

    /// Ends what a lease may hold, and takes out of it what has ended.
    ///
    /// - Parameter isPatient: wait, within the budget, until a token of a lost reply would have to be in the list.
    package func end(_ lease: inout Lease, isPatient: Bool) -> Report {
        var report = Report()
        if fingerprint(lease.id) == lease.token {
            // What ends itself can list nothing after that; half of the time is kept for it.
            endUnresolved(of: &lease, isPatient: isPatient, within: budget.remaining / 2, report: &report)
            endToken(of: &lease, report: &report)
        } else {
            endToken(of: &lease, report: &report)
            endUnresolved(of: &lease, isPatient: isPatient, within: budget.remaining, report: &report)
        }
        return report
    }

    /// Ends one token.
    ///
    /// - Parameters:
    ///   - expires: Unix time, seconds, if it is known: after it a 401 means that a token revoked itself too late.
    ///   - isOwn: whether the credential is the very token.
    package func end(_ id: TokenID, expires: Int64?, isOwn: Bool) throws(CloudError) -> Ending {
        var failures = 0
        var mayHaveEnded = false
        while true {
            do throws(CloudError) {
                try cloud.deleteToken(id)
                return .revoked
            } catch {
                if error.isNotFound { return try confirmed(id, .gone, otherwise: error) }
                if error.isUnreadable { return try confirmed(id, .revoked, otherwise: error) }
                if error.status == 401 {
                    if isOwn && mayHaveEnded { return .revoked }
                    if isOwn, let expires, expires <= (error.serverTime ?? clock.unixTime()) { return .gone }
                }
                mayHaveEnded = mayHaveEnded || error.mayHaveActed
                guard error.isRetryable, retrying.pause(after: error, attempt: failures) else { throw error }
                failures += 1
            }
        }
    }

    private func endToken(of lease: inout Lease, report: inout Report) {
        guard let id = lease.tokenID else { return }
        let fingerprint = fingerprint(lease.id)
        do throws(CloudError) {
            let ending = try end(id, expires: lease.expires, isOwn: fingerprint == lease.token)
            guard ending == .revoked || fingerprint == lease.parent || fingerprint == lease.token else {
                report.isAnotherAccount = true
                report.pending.append(Leftover(tokenID: id, expires: lease.expires ?? 0))
                return
            }
            report.ended.append((id, ending))
            lease.tokenID = nil
        } catch {
            report.failures.append((Leftover(tokenID: id, expires: lease.expires ?? 0), error))
        }
    }

    private func endUnresolved(
        of lease: inout Lease,
        isPatient: Bool,
        within patience: Duration,
        report: inout Report
    ) {
        while !lease.unresolved.isEmpty {
            do throws(CloudError) {
                try endListed(of: &lease, report: &report)
            } catch {
                report.failures += lease.unresolved.map { (Leftover(tokenID: nil, expires: $0.expires), error) }
                return
            }
            guard !report.isAnotherAccount, let wait = timeUntilCertain(lease) else { break }
            guard isPatient, wait < min(patience, budget.remaining), !budget.isInterrupted else { break }
            budget.sleep(for: wait)
        }
        report.pending += lease.unresolved.map { Leftover(tokenID: nil, expires: $0.expires) }
    }

    /// Ends what the list shows of the unresolved nonces, and forgets those that came to nothing.
    private func endListed(of lease: inout Lease, report: inout Report) throws(CloudError) {
        // Taken before the list: what was sent later than a time-out ago may still come after it.
        let now = clock.unixTime()
        let nonces = Set(lease.unresolved.map(\.nonce))
        let found = try TokenListing(of: cloud, retrying: retrying).tokens {
            Description(parsing: $0.description).map { nonces.contains($0.nonce) } ?? false
        }
        for token in found {
            guard let nonce = Description(parsing: token.description)?.nonce else { continue }
            report.ended.append((token.id, try end(token.id, expires: token.expires, isOwn: false)))
            lease.resolve(nonce)
        }
        // The list of another account shows none of them, whatever became of them.
        let isTheirs = isOfMinter(lease, report)
        let (timeout, clocks) = (lease.requestTimeout, lease)
        lease.unresolved.removeAll {
            isTheirs && now - $0.since >= timeout || clocks.isOver($0.expires + timeout, at: now)
        }
        if !isTheirs, !lease.unresolved.isEmpty { report.isAnotherAccount = true }
    }

    /// Whether the credential is known to be of the account that minted.
    private func isOfMinter(_ lease: Lease, _ report: Report) -> Bool {
        let fingerprint = fingerprint(lease.id)
        return fingerprint == lease.parent || fingerprint == lease.token
            || report.ended.contains { $0.ending == .revoked }
    }

    /// How long until the youngest unresolved nonce must be in the list; nil when there is none.
    private func timeUntilCertain(_ lease: Lease) -> Duration? {
        lease.unresolved.map { entry in
            // A clock that was set back must not make anybody wait for longer than a time-out.
            .seconds(min(lease.requestTimeout, max(0, entry.since + lease.requestTimeout - clock.unixTime())))
        }.max()
    }

    /// What is no clear word counts only when the list has no such token either.
    private func confirmed(
        _ id: TokenID,
        _ ending: Ending,
        otherwise error: CloudError
    ) throws(CloudError) -> Ending {
        let found = try TokenListing(of: cloud, retrying: retrying).tokens { $0.id == id }
        guard found.isEmpty else { throw error }
        return ending
    }
}

extension CloudError {
    /// A 404 that the API itself gave, not an edge in front of it.
    var isNotFound: Bool {
        guard case .rejected(let error) = self else { return false }
        return error.status == 404 && error.isAPIError
    }

    /// A 2xx that is not what the API says.
    var isUnreadable: Bool {
        if case .unreadable = self { true } else { false }
    }
}
