internal import Credentials
internal import HostSystem
internal import PulumiCloud

extension Minter {
    /// A clock that is off by more than this is not trusted, seconds.
    package static let clockTolerance: Int64 = 60
}

/// What a user may have asked to look at before the job gets the token.
extension Minting {
    /// Asks the organization, where one is known, before anything is minted.
    func checkCap(_ lifetime: Lifetime) throws(LifecycleError) {
        guard let name = held.lease.kind.organization ?? access.source.organization,
            let organization = try? cloud.metadata(of: name)
        else { return }
        let seconds = lifetime.seconds(from: organization.serverTime ?? context.clock.unixTime())
        if let refusal = organization.refusal(of: seconds) {
            throw LifecycleError(Explanation(refusal, to: .mint, of: .organization(name)))
        }
    }

    /// With the expiry that was granted.
    mutating func verified(_ minted: Minted) throws(LifecycleError) -> Minted {
        let granted = try grantedExpiry(of: minted)
        try record(.granted(expires: granted), isWritten: false)
        var minted = minted
        minted.lifetime += granted - minted.expires
        minted.expires = granted
        return minted
    }

    private func grantedExpiry(of minted: Minted) throws(LifecycleError) -> Int64 {
        var listed = try listed(minted)
        // A list may be behind by a few seconds.
        for pause in Self.listPauses where listed == nil && !budget.isInterrupted && pause < budget.remaining {
            budget.sleep(for: pause)
            listed = try self.listed(minted)
        }
        guard let listed else { throw LifecycleError(.notListed) }
        guard let granted = listed.expires else { throw LifecycleError(.neverExpires) }
        // The server may keep less than what was asked for, never more.
        guard granted <= minted.expires + Minter.clockTolerance else {
            throw LifecycleError(.expiresLater(granted: granted, asked: minted.expires))
        }
        if granted < minted.expires - Minter.clockTolerance {
            context.console.notice("Pulumi Cloud shortened the lifetime: the token expires \(Moment(granted))")
        }
        return granted
    }

    private static let listPauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]

    private func listed(_ minted: Minted) throws(LifecycleError) -> ListedToken? {
        do throws(CloudError) {
            let listing = TokenListing(of: cloud, held.lease.kind, retrying: retrying)
            return try listing.tokens { $0.id == minted.id }.first
        } catch {
            throw LifecycleError(access.explainMint(error))
        }
    }

    func awaitAcceptance(of minted: Minted) throws(LifecycleError) {
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
                    guard isUnknownYet else { throw LifecycleError(access.explain(error)) }
                    throw LifecycleError(.notAccepted(error.summary))
                }
                failures += 1
            }
        }
    }
}
