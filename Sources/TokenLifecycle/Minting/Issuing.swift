internal import CISystems
package import Credentials
package import HostSystem
internal import PulumiCloud

/// One token for one job, from the credential to the handing over: what `mint`, `exec` and the action have in common.
package struct Issuing {
    private let context: Context
    private let access: CloudAccess
    private let cloud: CloudChoice
    private let session: Session
    private let holder: Lease.Holder
    private let records: any LeaseRecords
    private let budget: TimeBudget
    private let report: Reporter

    /// A token that a job has got.
    package struct Issued {
        package var minted: Minted
        package var lease: Lease
        package var surroundings: Surroundings

        /// Removes the files that the job was given.
        package func removeFiles() {
            if let folder = lease.folder { JobFolder.remove(at: folder) }
        }
    }

    package init(
        context: Context,
        access: CloudAccess,
        cloud: CloudChoice,
        session: Session,
        holder: Lease.Holder,
        records: any LeaseRecords,
        budget: TimeBudget,
        report: Reporter
    ) {
        self.context = context
        self.access = access
        self.cloud = cloud
        self.session = session
        self.holder = holder
        self.records = records
        self.budget = budget
        self.report = report
    }

    /// Mints, or hands over the exchanged token itself where that is wanted or nothing else is allowed.
    ///
    /// - Parameters:
    ///   - isIsolated: whether the job gets a credentials folder of its own.
    ///   - needsFolder: whether the export leaves files in the folder of the lease.
    ///   - export: hands over, or throws and leaves nothing behind.
    package func issue(
        _ order: MintOrder,
        isIsolated: Bool,
        needsFolder: Bool,
        export: (Minted, Surroundings) throws(Explanation) -> Void
    ) throws(LifecycleError) -> Issued {
        var lease = newLease()
        let surroundings: Surroundings
        do throws(Explanation) {
            surroundings = try prepare(for: &lease, isIsolated: isIsolated, needsFolder: needsFolder)
        } catch {
            if let folder = lease.folder { JobFolder.remove(at: folder) }
            throw LifecycleError(error)
        }
        do throws(LifecycleError) {
            try makeRoom()
            try finishHalfDone(order)
            let minted = try mintOrHandOver(order, &lease) { minted throws(Explanation) in
                try export(minted, surroundings)
            }
            return Issued(minted: minted, lease: lease, surroundings: surroundings)
        } catch {
            if let folder = lease.folder { JobFolder.remove(at: folder) }
            throw error
        }
    }

    /// Within a quarter of the time.
    private var earlyRevocation: Revocation {
        access.revocation(budget.reserving(budget.remaining / 4 * 3), in: context, report: report)
    }

    /// Sees to it that the record replaces no other one that is still needed.
    private func makeRoom() throws(LifecycleError) {
        do throws(Explanation) {
            try Recovery.makeRoom(in: records, context, of: cloud.url, by: earlyRevocation, report)
        } catch {
            throw LifecycleError(error)
        }
    }

    /// Ends what dead processes left.
    private func finishHalfDone(_ order: MintOrder) throws(LifecycleError) {
        let failures = Recovery.finishHalfDone(context, of: cloud.url, by: earlyRevocation, report)
        guard order.needsCleanStart, let (leftover, reason) = failures.first else { return }
        throw LifecycleError(Explanation(PreparationError.leftBehind(leftover, reason: reason)))
    }

    private func mintOrHandOver(
        _ order: MintOrder,
        _ lease: inout Lease,
        _ export: (Minted) throws(Explanation) -> Void
    ) throws(LifecycleError) -> Minted {
        if access.isDirect, let exchanged = access.exchanged {
            return try handOver(exchanged, order, &lease, export)
        }
        var minting = Minting(tools)
        do throws(LifecycleError) {
            return try minting.mint(order, as: &lease, export: export)
        } catch {
            guard access.mayUseExchangedToken, let status = error.refusal, [401, 403].contains(status), lease.isSettled
            else { throw error }
            report.notice("an exchanged token may not mint here (status \(status)), so it is used itself")
            return try handOver(try exchangeAgain(order.lifetime), order, &lease, export)
        }
    }

    private func exchangeAgain(_ lifetime: Lifetime) throws(LifecycleError) -> ExchangedToken {
        do throws(Explanation) {
            return try access.exchangeAgain(expiration: lifetime.seconds(from: context.clock.unixTime()))
        } catch {
            throw LifecycleError(error)
        }
    }

    /// Hands over a token that has no id, so that nobody can revoke it.
    private func handOver(
        _ exchanged: ExchangedToken,
        _ order: MintOrder,
        _ lease: inout Lease,
        _ export: (Minted) throws(Explanation) -> Void
    ) throws(LifecycleError) -> Minted {
        let now = exchanged.serverTime ?? context.clock.unixTime()
        let lifetime = exchanged.expiresIn ?? order.lifetime.seconds(from: now)
        let minted = Minted(
            id: nil,
            value: exchanged.value,
            description: order.text,
            expires: now + lifetime,
            lifetime: lifetime,
            reason: order.reason
        )
        lease.isRevocable = false
        lease.compareClocks(exchanged.serverTime, at: context.clock.unixTime())
        lease.expires = minted.expires
        lease.token = Fingerprint(of: minted.value, salt: lease.id)
        report.warning(
            "this exchanged token cannot be revoked; it ends \(Moment(minted.expires))",
            "keep --ttl short, use a stored token, or fail instead with --oidc-use mint"
        )
        do throws(Explanation) {
            try save(lease)
            try export(minted)
            lease.isExported = true
            try save(lease)
        } catch {
            records.remove(lease)
            throw LifecycleError(error)
        }
        return minted
    }

    private func save(_ lease: Lease) throws(Explanation) {
        do throws(FileError) { try records.save(lease) } catch { throw Explanation(unwritableLease: error) }
    }

    private var tools: Minting.Tools {
        Minting.Tools(
            cloud: access.cloud,
            records: records,
            budget: budget,
            clock: context.clock,
            random: context.random,
            mask: LogMask(context, budget, report).hide,
            report: report,
            explain: access.explainMint,
            fingerprint: access.fingerprint
        )
    }
}

// MARK: Preparing

extension Issuing {
    private func newLease() -> Lease {
        let id = Nonce(from: context.random)
        return Lease(
            id: id,
            session: session.name,
            cloud: cloud.url.text,
            run: session.runTag(on: context.system),
            holder: holder,
            owner: context.process,
            created: context.clock.unixTime(),
            parent: access.fingerprint(id),
            requestTimeout: max(1, access.cloud.connection.timeout.components.seconds)
        )
    }

    private func prepare(
        for lease: inout Lease,
        isIsolated: Bool,
        needsFolder: Bool
    ) throws(Explanation) -> Surroundings {
        var surroundings = Surroundings()
        surroundings.cloud = cloud.mustBeExported ? cloud.url : nil
        surroundings.session = session.isMadeUp ? session.name : nil
        guard isIsolated || needsFolder else { return surroundings }
        let folder = try makeFolder(for: lease)
        lease.folder = folder.path
        surroundings.folder = folder.path
        guard isIsolated else { return surroundings }
        do throws(FileError) {
            surroundings.credentialsFolder = try folder.makeCredentialsFolder(configuration: userConfiguration())
        } catch {
            throw Explanation(PreparationError.unwritableFolder(error))
        }
        return surroundings
    }

    private func makeFolder(for lease: Lease) throws(Explanation) -> JobFolder {
        var failure: FileError?
        for parent in context.system.places.temporary {
            do throws(FileError) {
                return try JobFolder.create(in: parent, for: lease.id)
            } catch {
                failure = error
            }
        }
        throw Explanation(PreparationError.noPrivateFolder(failure))
    }

    /// The user's settings of the Pulumi CLI, which hold no credential; nil when there are none.
    private func userConfiguration() -> [UInt8]? {
        guard let folder = PulumiLogin.folder(in: context.environment) else { return nil }
        return try? Descriptor.open(folder + "/config.json", 0).contents(limit: 1 << 20)
    }
}
