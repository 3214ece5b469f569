internal import HostSystem
internal import PulumiCloud

/// Deletes tokens, and is only content when the cloud has confirmed it.
struct TokenDeletion {
    /// What became of one token.
    enum Outcome {
        case ended(RevocationReport.Ending)
        case failed(CloudError)
        /// The time was over before its turn came.
        case untried

        /// With an error for what was not tried.
        func settled(_ untried: CloudError) -> Result<RevocationReport.Ending, CloudError> {
            switch self {
            case .ended(let ending): .success(ending)
            case .failed(let error): .failure(error)
            case .untried: .failure(untried)
            }
        }
    }

    /// The token that the cloud is asked with, and when it expires: Unix time, seconds.
    struct OwnToken {
        var id: TokenID
        var expires: Int64?
        /// Whether an earlier process may have deleted it, so that a rejection is no surprise.
        var mayBeGone = false
    }

    /// A bounded number, so that the server is not flooded.
    static let connections = 32

    let cloud: PulumiCloud
    let kind: TokenKind
    /// For the audit log, which a team's tokens have.
    let reason: String?
    let retrying: Retrying
    let budget: TimeBudget
    let now: @Sendable () -> Int64
    var own: OwnToken?

    /// - Parameter progress: how many of how many are done.
    func run(_ ids: [TokenID], progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }) -> [TokenID: Outcome] {
        var outcomes: [TokenID: Outcome] = [:]
        // Whose deletion was perhaps done although its reply was lost.
        var mayBeDone: Set<TokenID> = []
        var waiting = ids[...]
        var failures = 0
        while !waiting.isEmpty {
            let before = waiting.count
            var again: [TokenID] = []
            var refusal: CloudError?
            cloud.deleteTokens(
                of: kind,
                reason: reason,
                connections: min(Self.connections, waiting.count),
                // A server that says stop is not asked for more until the time that it names.
                next: { refusal == nil && !budget.isInterrupted && !budget.isOver ? waiting.popFirst() : nil },
                completed: { id, result in
                    outcomes[id] = outcome(result, of: id, wasTried: mayBeDone.contains(id))
                    guard case .failure(let error) = result else { return progress(outcomes.count, ids.count) }
                    if error.mayHaveActed { mayBeDone.insert(id) }
                    guard error.isRetryable else { return progress(outcomes.count, ids.count) }
                    again.append(id)
                    refusal = error
                }
            )
            waiting = (again + waiting)[...]
            // A round in which something was done shows a server that works, so the pauses begin anew.
            if waiting.count < before { failures = 0 }
            guard let refusal, retrying.pause(after: refusal, attempt: failures) else { break }
            failures += 1
        }
        for id in waiting where outcomes[id] == nil { outcomes[id] = .untried }
        confirm(&outcomes)
        return outcomes
    }

    private func outcome(_ result: Result<Void, CloudError>, of id: TokenID, wasTried: Bool) -> Outcome {
        switch result {
        case .success: .ended(.revoked)
        case .failure(let error) where id == own?.id && error.status == 401:
            // A token that revoked itself can no longer ask; one that has expired neither.
            if wasTried {
                .ended(.revoked)
            } else if own?.mayBeGone == true {
                .ended(.gone)
            } else if let expires = own?.expires, expires <= ServerClock().earliest(error.serverTime, at: now()) {
                .ended(.gone)
            } else {
                .failed(error)
            }
        case .failure(let error): .failed(error)
        }
    }

    /// A 404, and a 2xx that is not what the API says, count only when a later list has no such token either.
    private func confirm(_ outcomes: inout [TokenID: Outcome]) {
        let doubtful = outcomes.compactMap { id, outcome -> (TokenID, RevocationReport.Ending)? in
            guard case .failed(let error) = outcome else { return nil }
            return error.isNotFound ? (id, .gone) : error.isUnreadable ? (id, .revoked) : nil
        }
        guard !doubtful.isEmpty else { return }
        let ids = Set(doubtful.map(\.0))
        do throws(CloudError) {
            let listing = TokenListing(of: cloud, kind, retrying: retrying)
            let listed = Set(try listing.tokens { ids.contains($0.id) }.map(\.id))
            for (id, ending) in doubtful where !listed.contains(id) { outcomes[id] = .ended(ending) }
        } catch {
            for (id, _) in doubtful { outcomes[id] = .failed(error) }
        }
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
