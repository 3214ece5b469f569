package import HostSystem
package import PulumiCloud

/// One thing that happened to a lease.
///
/// It names only what its author settled, so it fits a record that somebody else has changed meanwhile; applied twice, it
/// does what it does once.
package enum LeaseChange: Equatable, Sendable {
    /// A request is about to go out under this nonce.
    case requesting(Lease.Unresolved)
    /// The request of a nonce failed in a way that may have made a token, at this Unix time, seconds.
    case unanswered(Nonce, since: Int64)
    /// No token exists or can come to exist under this nonce.
    case settled(Nonce)
    /// The token of a nonce exists.
    case minted(Lease.Token, as: Nonce)
    /// An exchanged token is used itself: nobody can revoke it.
    case exchanged(Lease.Token)
    /// The cloud shows another expiry than was asked for: Unix time, seconds.
    case granted(expires: Int64)
    /// The token was written to a file that the user named.
    case wrote(FileMark)
    /// The job has the token.
    case exported
    /// The token is about to delete itself.
    case endingItself(TokenID)
    case revoked(TokenID)
    /// What to add to this machine's clock to get the server's, seconds.
    case comparedClocks(offset: Int64)
}

extension Lease {
    /// Whether another state of the same lease holds nothing that could be valid and is not in this one.
    func knows(_ other: Lease) -> Bool {
        let nonces = Set(unresolved.map(\.nonce))
        let hasSameToken = other.tokenID == nil || other.tokenID == tokenID
        return hasSameToken && other.unresolved.allSatisfy { nonces.contains($0.nonce) }
    }

    package mutating func apply(_ change: LeaseChange) {
        switch change {
        case .requesting(let entry):
            if !unresolved.contains(where: { $0.nonce == entry.nonce }) { unresolved.append(entry) }
        case .unanswered(let nonce, let since):
            for index in unresolved.indices where unresolved[index].nonce == nonce { unresolved[index].since = since }
        case .settled(let nonce): unresolved.removeAll { $0.nonce == nonce }
        case .minted(let token, let nonce):
            unresolved.removeAll { $0.nonce == nonce }
            self.token = token
        case .exchanged(let token):
            isRevocable = false
            self.token = token
        case .granted(let expires): token?.expires = expires
        case .wrote(let file): if !files.contains(file) { files.append(file) }
        case .exported: isExported = true
        case .endingItself(let id): if tokenID == id { token?.isEndingItself = true }
        case .revoked(let id): if tokenID == id { token = nil }
        case .comparedClocks(let offset): clockOffset = offset
        }
    }
}
