package import Credentials
package import HostSystem
internal import JSON
package import PulumiCloud

/// One thing that happened to a token, as the trail tells it; never with a value.
package struct TrailEvent: Sendable {
    package enum Name: String, CaseIterable, Sendable {
        /// The reply with the token arrived.
        case minted
        /// The job has it.
        case exported
        case revoked
        /// Somebody else had revoked it, or the cloud had let it expire.
        case gone
        /// It reached its end before anybody revoked it.
        case expired
        /// It may be valid: until its expiry, or until another attempt to revoke it.
        case notRevoked = "not-revoked"
        /// What a lost reply or a dead process had left was found and revoked.
        case recovered
        /// Pulumi Cloud minted nothing, and said so.
        case refused
    }

    package var name: Name
    package var kind: TokenKind
    /// nil when a reply was lost, and of an exchanged token.
    package var token: TokenID?
    package var description: String?
    /// Unix time, seconds.
    package var expires: Int64?
    package var session: String?
    /// What asked the cloud.
    package var credential: TrailCredential?
    /// From the beginning of the mint or of the revocation.
    package var duration: Duration?
    /// What this alone lets a command end with.
    package var exitCode: ExitCode = .done
    /// Why, where something was not done.
    package var reason: String?

    package init(_ name: Name, _ kind: TokenKind, token: TokenID? = nil) {
        self.name = name
        self.kind = kind
        self.token = token
    }

    /// Of the token that a lease holds, or of a lost reply.
    init(_ name: Name, of lease: Lease, token: TokenID?) {
        self.init(name, lease.kind, token: token)
        session = lease.session
        guard let known = lease.token, known.id == token else { return }
        description = known.description
        expires = known.expires
    }
}

/// What kind of credential asked the cloud; never which.
package enum TrailCredential: String, CaseIterable, Sendable {
    /// A value from a variable, a file or an input.
    case stored
    /// The Pulumi CLI's login.
    case login
    /// An identity token that was exchanged.
    case oidc
    /// The minted token itself.
    case minted
}

extension TrailEvent {
    /// The members that all events share come first; what is not known is left out.
    func write(at time: Int64, of job: TrailJob, to text: inout JSONText) {
        text.member("version", 1)
        text.member("time", "\(Moment(time))")
        text.member("event", name.rawValue)
        text.member("id", token?.rawValue)
        kind.write(to: &text)
        text.member("description", description)
        text.member("expires", expires)
        text.member("expiresAt", expires.map { "\(Moment($0))" })
        text.member("session", session)
        job.write(to: &text)
        text.member("credential", credential?.rawValue)
        text.member("durationMs", duration.map { Int64($0.roundedUpToMilliseconds) })
        text.member("exitCode", Int64(exitCode.rawValue))
        text.member("reason", reason)
    }
}

extension CredentialSource {
    /// For the trail.
    package var trailCredential: TrailCredential {
        switch self {
        case .given, .variable: .stored
        case .login: .login
        case .oidc: .oidc
        }
    }
}

extension Sweep.Entry {
    /// What the trail tells of it; nil when nothing happened to the token.
    package var event: TrailEvent? {
        let name: TrailEvent.Name
        switch outcome {
        case .revoked: name = .revoked
        case .gone: name = .gone
        case .failed: name = .notRevoked
        case .spared, .wouldRevoke: return nil
        }
        var event = TrailEvent(name, kind, token: token)
        if outcome == .failed { event.exitCode = .unavailable }
        event.reason = error
        return event
    }
}

extension TrailEvent {
    /// Of a token of which only the list tells.
    init(_ name: Name, _ kind: TokenKind, token: ListedToken) {
        self.init(name, kind, token: token.id)
        description = token.description
        expires = token.expires
    }
}
