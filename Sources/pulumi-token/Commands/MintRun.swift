import CISystems
import HostSystem
import PulumiCloud
import Redaction
import TokenLifecycle

/// One mint from the credential to the handing over: what `mint`, `exec` and the action have in common.
struct MintRun {
    let arguments: Arguments
    let context: Context
    let console: Console
    let connection: Connection
    let session: Session
    let holder: Lease.Holder
    let records: any LeaseRecords

    /// What was minted, and its lease as it is on record.
    struct Result {
        var minted: Minted
        var lease: Lease
        var surroundings: Handover.Surroundings
    }

    /// - Parameter export: hands over; gets the folder of the lease, in which it may leave files.
    func run(
        isIsolated: Bool,
        needsFolder: Bool,
        export: (Minted, Handover.Surroundings, _ folder: String?) throws(any ExplainedError) -> Void
    ) throws(any ExplainedError) -> Result {
        let order = try order()
        var lease = newLease()
        var folder: JobFolder?
        var surroundings = Handover.Surroundings()
        surroundings.cloud = connection.mustExportCloud ? connection.cloud.url : nil
        surroundings.session = session.isMadeUp ? session.name : nil
        if isIsolated || needsFolder {
            folder = try makeFolder(for: lease)
            lease.folder = folder?.path
        }
        if isIsolated { surroundings.credentialsFolder = try makeCredentialsFolder(in: folder) }
        connection.recover()
        do throws(LifecycleError) {
            let minted = try mint(order, &lease) { minted throws(any ExplainedError) in
                try export(minted, surroundings, folder?.path)
            }
            return Result(minted: minted, lease: lease, surroundings: surroundings)
        } catch {
            lease.folder.map(JobFolder.remove)
            tell(error.leftovers)
            throw explained(error)
        }
    }

    private func mint(
        _ order: MintOrder,
        _ lease: inout Lease,
        export: (Minted) throws(any ExplainedError) -> Void
    ) throws(LifecycleError) -> Minted {
        // An exchanged token that may not mint, or shall not, is handed over as it is.
        if connection.isDirect { return try handOverExchanged(order, &lease, export) }
        var minting = Minting(tools)
        do throws(LifecycleError) {
            return try minting.mint(order, as: &lease) { minted throws(LifecycleError) in
                do { try export(minted) } catch { throw LifecycleError(.explained(error)) }
            }
        } catch {
            guard connection.mayFallBack(after: error) else { throw error }
            return try handOverExchanged(order, &lease, export)
        }
    }

    private var tools: Minting.Tools {
        Minting.Tools(
            cloud: connection.cloud,
            records: records,
            budget: connection.budget,
            clock: context.clock,
            random: context.random,
            mask: { secret throws(LifecycleError) in
                do { try MaskAnnouncement(context: context, console: console).mask(secret) } catch {
                    throw LifecycleError(.explained(error))
                }
            },
            report: console.reporter,
            trace: console.trace,
            explain: connection.explain,
            fingerprint: connection.fingerprint
        )
    }

    private func handOverExchanged(
        _ order: MintOrder,
        _ lease: inout Lease,
        _ export: (Minted) throws(any ExplainedError) -> Void
    ) throws(LifecycleError) -> Minted {
        do {
            let exchanged = try connection.exchangeForUse(order.lifetime)
            let minted = Minted(
                id: nil,
                value: exchanged.value,
                description: order.text,
                expires: exchanged.expires,
                reason: order.reason
            )
            lease.isRevocable = false
            lease.expires = minted.expires
            lease.token = Fingerprint(of: minted.value, salt: lease.id)
            console.warning(
                "this exchanged token cannot be revoked; it ends \(Moment(minted.expires))",
                hint: "let the organization allow personal tokens to be minted, or keep --ttl short"
            )
            try export(minted)
            lease.isExported = true
            do throws(FileError) { try records.save(lease) } catch { throw RecordError(error: error) }
            return minted
        } catch {
            throw LifecycleError(.explained(error))
        }
    }

    // MARK: Preparing

    private func order() throws(any ExplainedError) -> MintOrder {
        let lifetime = try Lifetime(
            arguments,
            jobTimeLimit: context.system.jobTimeLimit,
            now: context.clock.unixTime()
        )
        return MintOrder(
            text: arguments.text(of: .description) ?? context.system.defaultDescription,
            lifetime: lifetime,
            reason: arguments.text(of: .reason) ?? context.system.defaultReason,
            verifies: arguments.isOn(.verify),
            waits: arguments.isOn(.wait)
        )
    }

    private func newLease() -> Lease {
        let id = Nonce(from: context.random)
        return Lease(
            id: id,
            session: session.name,
            cloud: connection.cloud.url.text,
            run: RunTag(context, session: session),
            holder: holder,
            owner: context.process,
            created: context.clock.unixTime(),
            parent: connection.fingerprint(id),
            requestTimeout: connection.requestTimeout
        )
    }

    private func makeFolder(for lease: Lease) throws(any ExplainedError) -> JobFolder {
        var failure: FileError?
        for parent in context.system.places.temporary {
            do throws(FileError) {
                return try JobFolder.create(in: parent, for: lease.id)
            } catch {
                failure = error
            }
        }
        throw Explanation(
            .cannotWrite,
            "cannot make a private folder: \(failure.map { "\($0.path): \($0.reason)" } ?? "no place is known")",
            hint: "set TMPDIR to a folder that can be written, or use --no-isolate"
        )
    }

    private func makeCredentialsFolder(in folder: JobFolder?) throws(any ExplainedError) -> String? {
        let user = PulumiFolder(context.environment)
        do throws(FileError) {
            return try folder?.makeCredentialsFolder(configuration: user.configuration())
        } catch {
            throw Explanation(.cannotWrite, "cannot write \(error.path): \(error.reason)")
        }
    }

    // MARK: Failing

    private func tell(_ leftovers: [Leftover]) {
        for leftover in leftovers {
            console.warning(
                "not revoked: \(leftover.sentence)",
                hint: holder == .action ? nil : "pulumi-token revoke --session \(session.name) tries again"
            )
        }
    }

    private func explained(_ error: LifecycleError) -> any ExplainedError {
        switch error.cause {
        case .explained(let error): error
        case .interrupted(let signal): Interrupted(signal: signal)
        }
    }
}

/// The Pulumi CLI's own folder.
struct PulumiFolder {
    private let path: String?

    init(_ environment: Environment) {
        path =
            environment.nonEmpty("PULUMI_CREDENTIALS_PATH") ?? environment.nonEmpty("PULUMI_HOME")
            ?? environment.nonEmpty("HOME").map { $0 + "/.pulumi" }
    }

    /// The user's settings, which hold no credential; nil when there are none.
    func configuration() -> [UInt8]? {
        path.flatMap { try? Descriptor.open($0 + "/config.json", 0).contents(limit: 1 << 20) }
    }
}
