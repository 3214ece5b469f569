package import HostSystem
package import PulumiCloud

/// Revokes what this tool minted and nobody revoked, found in the cloud's own list.
package struct Sweep {
    /// Which of the listed tokens are swept.
    package enum Scope: Equatable, Sendable {
        /// Whatever this run minted, on any machine.
        case run(RunTag)
        /// Whatever was minted so many seconds ago or earlier.
        case olderThan(Int64)
        /// Whatever was minted by a run that is over.
        case finished
    }

    /// What became of one token.
    package enum Outcome: String, CaseIterable, Sendable {
        case revoked
        case gone
        /// It authenticates this command, or somebody still works with it.
        case spared
        case failed
        case wouldRevoke = "would-revoke"
    }

    /// One token and its end.
    package struct Entry: Sendable {
        package var token: ListedToken
        package var kind: TokenKind
        package var outcome: Outcome
        /// For people: why it failed, or was spared.
        package var error: String?
        /// Where the list and the CI system together show it.
        package var lateUse: LateUse?

        package init(token: ListedToken, kind: TokenKind, outcome: Outcome, error: String? = nil) {
            self.token = token
            self.kind = kind
            self.outcome = outcome
            self.error = error
        }
    }

    /// Why a sweep did not begin.
    package enum Failure: Error {
        case cloud(CloudError)
        /// The credential is a minted token, and nothing says which: the sweep could revoke it.
        case ownTokenUnknown
    }

    private let cloud: PulumiCloud
    private let kind: TokenKind
    private let reason: String?
    private let retrying: Retrying
    private let budget: TimeBudget
    private let now: Int64
    private let spared: SparedTokens
    private let runs: FinishedRuns?

    /// - Parameters:
    ///   - reason: for the audit log, which a team's tokens have.
    ///   - now: this machine's Unix time, seconds, for a server that does not say its own.
    ///   - runs: which runs are over; of the scope that is about them.
    package init(
        cloud: PulumiCloud,
        kind: TokenKind,
        reason: String?,
        retrying: Retrying,
        budget: TimeBudget,
        now: Int64,
        spared: SparedTokens,
        runs: FinishedRuns? = nil
    ) {
        self.runs = runs
        self.cloud = cloud
        self.kind = kind
        self.reason = reason
        self.retrying = retrying
        self.budget = budget
        self.now = now
        self.spared = spared
    }

    /// Lists what is in scope, then revokes it.
    ///
    /// - Parameters:
    ///   - isDryRun: change nothing.
    ///   - progress: how many of how many are done.
    package func run(
        _ scope: Scope,
        isDryRun: Bool,
        progress: (_ done: Int, _ all: Int) -> Void
    ) throws(Failure) -> [Entry] {
        // What one list has asked about, the next one knows.
        var runs = runs
        var (entries, inUse) = try list(scope, &runs)
        if !spared.isOwnKnown, !inUse.isEmpty {
            // Somebody may just have used one of them, or it is the credential itself. A moment later we know.
            budget.sleep(for: .milliseconds(1100))
            (entries, inUse) = try list(scope, &runs)
            guard inUse.isEmpty else { throw .ownTokenUnknown }
        }
        guard !isDryRun else { return entries }
        let due = entries.indices.filter { entries[$0].outcome == .wouldRevoke }
        revoke(due, of: &entries, progress: progress)
        return entries
    }

    /// What is in scope, and which of it was used at the very time of the request: only that can be our credential.
    private func list(_ scope: Scope, _ runs: inout FinishedRuns?) throws(Failure) -> (
        entries: [Entry], inUse: [TokenID]
    ) {
        var entries: [Entry] = []
        var inUse: [TokenID] = []
        var seen: Set<TokenID> = []
        var begun: Int64?
        do throws(CloudError) {
            try TokenListing(of: cloud, kind, retrying: retrying).forEachPage { page in
                begun = begun ?? page.serverTime
                for token in page.tokens
                where isInScope(token, scope, at: ServerClock().earliest(page.serverTime, at: now)) {
                    // A list that changes while it is read may show a token on two pages.
                    guard seen.insert(token.id).inserted else { continue }
                    let isSpared = spared.holds(token)
                    entries.append(Entry(token: token, kind: kind, outcome: isSpared ? .spared : .wouldRevoke))
                    if let begun, let used = token.lastUsed, used >= begun, !isSpared { inUse.append(token.id) }
                }
            }
        } catch {
            throw .cloud(error)
        }
        spareUnfinished(&entries, &runs)
        let due = Set(entries.filter { $0.outcome == .wouldRevoke }.map(\.token.id))
        return (entries, inUse.filter(due.contains))
    }

    private func spareUnfinished(_ entries: inout [Entry], _ runs: inout FinishedRuns?) {
        let due = entries.indices.filter { entries[$0].outcome == .wouldRevoke }
        guard let findings = runs?.judge(due.map { entries[$0].token }) else { return }
        for (index, finding) in zip(due, findings) {
            entries[index].lateUse = LateUse(of: entries[index].token, finding)
            guard let reason = finding.reason else { continue }
            entries[index].outcome = .spared
            entries[index].error = reason
        }
    }

    /// - Parameter now: the earlier of the server's time and ours, so that no wrong clock makes a token older.
    private func isInScope(_ token: ListedToken, _ scope: Scope, at now: Int64) -> Bool {
        guard let description = Description(parsing: token.description) else { return false }
        switch scope {
        case .run(let run): return description.run == run
        case .finished: return true
        case .olderThan(let age):
            // A token without a readable date is as old as one can be: nobody would ever sweep it otherwise.
            return Moment(parsing: token.created ?? "").map { now - $0.unixTime >= age } ?? true
        }
    }

    private func revoke(_ due: [Int], of entries: inout [Entry], progress: (Int, Int) -> Void) {
        let deletion = TokenDeletion(
            cloud: cloud,
            kind: kind,
            reason: reason,
            retrying: retrying,
            budget: budget,
            now: { [now] in now }
        )
        let outcomes = deletion.run(due.map { entries[$0].token.id }, progress: progress)
        for position in due {
            switch outcomes[entries[position].token.id] {
            case .ended(let ending): entries[position].outcome = ending == .revoked ? .revoked : .gone
            case .failed(let error):
                entries[position].outcome = .failed
                entries[position].error = error.summary
            case .untried, nil:
                entries[position].outcome = .failed
                entries[position].error = "the deadline passed before its turn"
            }
        }
    }
}
