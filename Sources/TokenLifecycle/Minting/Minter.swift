internal import CISystems
package import Credentials
package import HostSystem
internal import PulumiCloud
internal import Secrets

/// Mints one token for one job: what `mint`, `exec` and the action have in common.
package struct Minter: Sendable {
    let context: Context
    let parent: Parent
    let session: Session
    let holder: Lease.Holder
    /// What the tokens bear in the place of the tag of the CI system's run; nil for that.
    let run: RunTag?
    private let store: LeaseStore

    package init(
        _ context: Context,
        parent: Parent,
        session: Session,
        holder: Lease.Holder,
        run: RunTag? = nil,
        store: LeaseStore
    ) {
        self.context = context
        self.parent = parent
        self.session = session
        self.holder = holder
        self.run = run
        self.store = store
    }

    /// Mints, or hands on the exchanged token itself where that is wanted or nothing else is allowed.
    ///
    /// - Parameters:
    ///   - opened: with which to mint; nil to open the parent now.
    ///   - exporter: how the job gets the token.
    /// - Throws: after undoing whatever could be undone; what could not is in the record and in the error.
    package func mint(
        _ request: MintRequest,
        with opened: CloudAccess? = nil,
        by exporter: inout Exporter,
        within budget: TimeBudget
    ) throws(LifecycleError) -> MintedLease {
        let begun = context.clock.uptime()
        let access = try lifecycle { () throws(Explanation) in
            if let opened { opened } else { try open(for: request, within: budget) }
        }
        do throws(LifecycleError) {
            return try mint(request, with: access, since: begun, by: &exporter, within: budget)
        } catch {
            if error.isRefusal { tell(of: error.explanation, request, since: begun) }
            throw error
        }
    }

    /// Adds to the trail that there is no token.
    private func tell(of refusal: Explanation, _ request: MintRequest, since begun: Duration) {
        var event = TrailEvent(.refused, request.kind ?? parent.source.kind)
        event.session = session.name
        event.credential = parent.source.trailCredential
        event.duration = context.clock.uptime() - begun
        event.exitCode = refusal.exitCode
        event.reason = refusal.message
        context.tell(event)
    }

    private func mint(
        _ request: MintRequest,
        with access: CloudAccess,
        since begun: Duration,
        by exporter: inout Exporter,
        within budget: TimeBudget
    ) throws(LifecycleError) -> MintedLease {
        try recover(request, with: access, within: budget)
        let lease = newLease(access, request)
        connect(for: request, lease, with: access)
        var prepared = try lifecycle { () throws(Explanation) in
            try prepare(lease, request, for: exporter, within: budget)
        }
        var held: HeldLease
        do throws(Explanation) {
            held = try store.create(prepared.lease)
        } catch {
            prepared.removeFolder()
            throw LifecycleError(error)
        }
        do throws(Explanation) {
            try fill(&prepared, request, for: exporter, within: budget)
        } catch {
            held.forget(at: context.clock.unixTime())
            throw LifecycleError(error)
        }
        held.startGuardian(with: access, parent, for: request, in: context)
        var minting = Minting(held, prepared, context: context, access: access, budget: budget, since: begun)
        do throws(LifecycleError) {
            let minted = try minting.run(request, by: &exporter)
            return minting.finish(minted, by: exporter)
        } catch {
            guard !minting.isForGuardian else { throw minting.leave(after: error, exporter) }
            let revoker = Revoker(parent, opened: access, in: context, within: budget.forUndoing())
            throw minting.undo(after: error, by: revoker, exporter)
        }
    }

    /// Connects while the record goes to the disk and the guardian is started; until then, nothing of the mint is sent.
    private func connect(for request: MintRequest, _ lease: Lease, with access: CloudAccess) {
        // A mint that asks for the longest life first has a connection by then.
        guard !request.verifies, let attempt = lease.unresolved.last else { return }
        access.cloud.connect(for: request.newToken(as: attempt, of: lease, in: context))
    }

    /// The cloud with the credential that mints.
    ///
    /// - Parameter isAgain: whether its source was named before.
    package func open(
        for request: MintRequest,
        within budget: TimeBudget,
        isAgain: Bool = false
    ) throws(Explanation) -> CloudAccess {
        let isDirect = parent.options.credential.oidc.use == .direct
        if isDirect, let exchanged = parent.source.organization.map({ _ in parent.source.kind }),
            let kind = request.kind, kind != exchanged
        {
            throw .otherKind(kind, exchanged: exchanged)
        }
        let life = isDirect ? request.lifetime.seconds(from: context.clock.unixTime()) : nil
        let begun = context.clock.uptime()
        do throws(Explanation) {
            return try parent.open(within: budget, expiration: life, in: context, isAgain: isAgain)
        } catch {
            if error.exitCode == .notAllowed { tell(of: error, request, since: begun) }
            throw error
        }
    }

    /// Revokes what dead processes left, within a quarter of the time.
    private func recover(
        _ request: MintRequest,
        with access: CloudAccess,
        within budget: TimeBudget
    ) throws(LifecycleError) {
        let early = budget.reserving(budget.remaining / 4 * 3)
        var revoker = Revoker(parent, opened: access, in: context, within: early)
        var recovery = Recovery(context, store.isFile ? [LeaseStore(context), store] : [store], of: parent.cloud.url)
        recovery.revokeHalfDone(by: &revoker)
        guard request.needsCleanStart, let (leftover, reason) = recovery.failures.first else { return }
        throw LifecycleError(.leftBehind(leftover, reason: reason))
    }
}

/// Runs a step that somebody else explains.
func lifecycle<Value>(_ body: () throws(Explanation) -> Value) throws(LifecycleError) -> Value {
    do throws(Explanation) { return try body() } catch { throw LifecycleError(error) }
}
