internal import Credentials
package import HostSystem
internal import PulumiCloud
internal import Secrets
package import Supervision

/// The tokens of one helper: minted at the first question, shared by all who ask, minted anew when they end.
package struct TokenPool: ~Copyable {
    /// When the Pulumi CLI asks for another token: so long before its end, seconds.
    static let margin: Int64 = 30
    /// A server that refuses every token must not be asked for ever more of them.
    static let mostMints = 3
    static let window: Duration = .seconds(60)
    /// How many processes are remembered.
    private static let mostAskers = 1024
    /// The most that a mint may take: the CLI waits for a minute.
    private static let patience: Duration = .seconds(40)
    /// The most that others wait for the revocation of an old token.
    private static let revocation: Duration = .seconds(10)

    /// What is handed out.
    private struct Shared {
        var value: Secret
        /// Unix time, seconds, on this machine's clock.
        var expires: Int64
        /// The same as uptime: a clock that is set meanwhile changes nothing.
        var end: Duration
    }

    /// A token that was replaced: no array holds what cannot be copied.
    private final class Retired {
        var lease: MintedLease?
        var wasTried = false

        init(_ lease: consuming MintedLease) { self.lease = consume lease }
    }

    private let minter: Minter
    private let request: MintRequest
    private let told: @Sendable (Minted) -> Void
    private var current: Shared?
    private var lease: MintedLease?
    /// Those that were replaced and may still be valid.
    private var retired: [Retired] = []
    private var access: CloudAccess?
    /// How many were minted, which is the number of the current one.
    private var count = 0
    private var attempts: [Duration] = []
    private var lastFailure: Explanation?
    /// The number of the token that each process has.
    private var handed: [String: Int] = [:]
    /// Whom the guardians end when we are killed.
    private var commands: [WatchedProcess]
    private var reports: [RevocationReport] = []
    /// What mints that failed have left.
    package private(set) var leftovers: [Leftover] = []
    /// Whether anybody has asked.
    package private(set) var wasAsked = false

    /// - Parameter told: called with each token, before anybody has it.
    package init(
        _ minter: Minter,
        _ request: MintRequest,
        for command: WatchedProcess? = nil,
        told: @escaping @Sendable (Minted) -> Void = { _ in }
    ) {
        self.minter = minter
        self.request = request
        commands = [command].compactMap(\.self)
        self.told = told
    }

    private var context: Context { minter.context }

    // MARK: Asking

    /// What goes back to whoever sent a packet; nil for what is not to be answered.
    mutating func reply(to packet: Secret) -> Secret? {
        guard case .credential(let request, let asker) = HelperQuestion(encoded: packet) else { return nil }
        return switch answer(request, from: asker) {
        case .success(let answer): HelperReply.answer(answer).encoded
        case .failure(let error): HelperReply.failure(error).encoded
        }
    }

    package mutating func answer(
        _ question: CredentialRequest,
        from asker: String
    ) -> Result<CredentialAnswer, Explanation> {
        wasAsked = true
        if let backend = question.backend, !minter.parent.cloud.isAt(backend) {
            guard question.reason != .initial else { return .success(.declined) }
            return .failure(.otherBackend(backend))
        }
        do throws(Explanation) {
            if needsAnother(question.reason, asker) { try renew() }
        } catch {
            return .failure(error)
        }
        guard let current else { preconditionFailure("renewing makes one, or throws") }
        if handed.count >= Self.mostAskers { handed = [:] }
        handed[asker] = count
        let backend = question.backend == nil && question.reason == .initial ? minter.parent.cloud.url.text : nil
        return .success(.token(current.value, expires: current.expires, backend: backend))
    }

    /// Whether what there is would be of no use to a process.
    private func needsAnother(_ reason: CredentialRequest.Reason, _ asker: String) -> Bool {
        guard let current else { return true }
        let left = min(.seconds(current.expires - context.clock.unixTime()), current.end - context.clock.uptime())
        guard left > .seconds(Self.margin) else { return true }
        // Many are refused one token at the same time: the first of them has it replaced.
        switch reason {
        case .initial: return false
        case .expired: return handed[asker] == count
        case .rejected: return handed[asker] ?? count == count
        }
    }

    // MARK: Minting

    private mutating func renew() throws(Explanation) {
        let now = context.clock.uptime()
        attempts.removeAll { $0 <= now - Self.window }
        guard attempts.count < Self.mostMints else { throw lastFailure ?? .tooManyTokens(attempts.count) }
        attempts.append(now)
        do throws(LifecycleError) {
            try mint()
            lastFailure = nil
        } catch {
            leftovers += error.leftovers
            lastFailure = error.explanation
            throw error.explanation
        }
    }

    private mutating func mint() throws(LifecycleError) {
        let budget = context.budget(min(minter.parent.options.deadline, Self.patience))
        let isAgain = access != nil
        let opened = try lifecycle { () throws(Explanation) in
            try minter.open(for: request, within: budget, isAgain: isAgain)
        }
        access = opened
        var exporter = Exporter([.command], to: [], in: context)
        let new = try minter.mint(request, with: opened, by: &exporter, within: budget)
        for command in commands { new.guards(command) }
        let minted = new.minted
        told(minted)
        if let old = lease.take() { retired.append(Retired(old)) }
        lease = consume new
        count += 1
        current = Shared(
            value: minted.value,
            expires: context.clock.unixTime() + minted.lifetime,
            end: context.clock.uptime() + .seconds(minted.lifetime)
        )
    }

    /// Another process has the tokens.
    mutating func guards(_ process: WatchedProcess) {
        commands.append(process)
        lease?.guards(process)
        for old in retired { old.lease?.guards(process) }
    }

    // MARK: Revoking

    /// Revokes what was replaced; the new one has to be out before.
    ///
    /// Each is tried once: what cannot be revoked now is tried again in the end.
    package mutating func revokeRetired() {
        guard let access, retired.contains(where: { !$0.wasTried }) else { return }
        let budget = context.budget(Self.revocation).forUndoing()
        var revoker = Revoker(minter.parent, opened: access, in: context, within: budget)
        for old in retired where !old.wasTried { tryToRevoke(old, by: &revoker) }
        retired.removeAll { $0.lease == nil }
    }

    private mutating func tryToRevoke(_ old: Retired, by revoker: inout Revoker) {
        old.wasTried = true
        guard var lease = old.lease.take() else { return }
        let report = revoker.tryToRevoke(&lease)
        guard lease.isOver || report.over != nil else {
            old.lease = consume lease
            return
        }
        // A guardian that is left without a word would end the command.
        lease.handOver()
        reports.append(report)
    }

    /// Revokes all that is left.
    ///
    /// - Parameter context: of whoever does it now.
    package consuming func close(in context: Context, within budget: TimeBudget) -> [RevocationReport] {
        guard var access else { return reports }
        access.cloud.connection = Parent.connection(
            to: minter.parent.cloud.url,
            minter.parent.options,
            within: budget,
            in: context
        )
        var revoker = Revoker(minter.parent, opened: access, in: context, within: budget)
        var reports = reports
        for old in retired {
            if let lease = old.lease.take() { reports.append(revoker.revoke(lease)) }
        }
        if let lease = lease.take() { reports.append(revoker.revoke(lease)) }
        return reports
    }
}

extension Explanation {
    package static func otherBackend(_ backend: String) -> Explanation {
        Explanation(
            .notAllowed,
            "cannot mint a token for \(UserText.quoted(backend)): the tokens of this helper are for another backend",
            hint: "set --cloud-url to the backend of the stack"
        )
    }

    package static func tooManyTokens(_ count: Int) -> Explanation {
        Explanation(
            .notAllowed,
            "cannot mint another token: \(count) were minted within a minute",
            hint: "check whether this Pulumi Cloud accepts new tokens"
        )
    }
}
