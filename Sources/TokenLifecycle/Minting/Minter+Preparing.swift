internal import CISystems
internal import Credentials
internal import HostSystem
internal import PulumiCloud

/// What a mint needs before the request: the lease, the job's private files, the variables that come with the token.
struct PreparedLease {
    var lease: Lease
    var folder: JobFolder?
    /// A private `PULUMI_CREDENTIALS_PATH`.
    var credentialsFolder: String?
    /// What of the user's login decides the backend.
    var login: [UInt8]?
    var variables: [ExportedVariable] = []

    func removeFolder() {
        if let folder { JobFolder.remove(at: folder.path) }
    }
}

extension Minter {
    /// The lease, and the directory that it names: empty until it is on record, so that a kill leaves nothing of ours.
    func prepare(
        _ lease: Lease,
        _ request: MintRequest,
        for exporter: Exporter,
        within budget: TimeBudget
    ) throws(Explanation) -> PreparedLease {
        var prepared = PreparedLease(lease: lease)
        if exporter.reachesEnvironment { prepared.lease.variable = exporter.names.first }
        guard exporter.makesFolder(for: request) else { return prepared }
        if exporter.isolates(request) {
            prepared.login = try context.userLogin(choosing: parent.cloud, parent.options, within: budget)
        }
        let folder = try JobFolder.create(for: prepared.lease.id, in: context)
        if exporter.needsFolder { try Self.checkScript(in: folder) }
        prepared.folder = folder
        prepared.lease.folder = folder.path
        return prepared
    }

    /// Finds, before anything is sent, that a shell could not be told the path of the script on one line.
    private static func checkScript(in folder: JobFolder) throws(Explanation) {
        do throws(ExportError) { _ = try SourcedScript(at: folder.script) } catch {
            JobFolder.remove(at: folder.path)
            throw Explanation(error)
        }
    }

    /// Fills the directory of a lease that is on record.
    func fill(
        _ prepared: inout PreparedLease,
        _ request: MintRequest,
        for exporter: Exporter,
        within budget: TimeBudget
    ) throws(Explanation) {
        if let folder = prepared.folder, exporter.isolates(request) {
            do throws(FileError) {
                prepared.credentialsFolder = try folder.makeCredentialsFolder(
                    configuration: context.userConfiguration(within: budget),
                    login: prepared.login
                )
            } catch {
                throw .unwritableFolder(error)
            }
        }
        prepared.variables = variables(in: prepared)
    }

    private func variables(in prepared: PreparedLease) -> [ExportedVariable] {
        var variables: [ExportedVariable] = []
        if let cloud = parent.cloud.variable { variables.append(.plain(cloud.name, cloud.value)) }
        if let folder = prepared.credentialsFolder { variables.append(.plain("PULUMI_CREDENTIALS_PATH", folder)) }
        // A helper of the job would be asked in the place of the token.
        variables.append(.plain("PULUMI_CREDENTIAL_HELPER", "none"))
        if !session.isImplied || holder == .supervisor { variables.append(.plain(Session.variable, session.name)) }
        return variables
    }

    /// The first nonce is in it, so that one write makes the request safe.
    func newLease(_ access: CloudAccess, _ request: MintRequest) -> Lease {
        let id = Nonce(from: context.random)
        var lease = Lease(
            id: id,
            session: session.name,
            cloud: parent.cloud.url.text,
            kind: request.kind ?? access.source.kind,
            run: run ?? session.runTag(on: context.system),
            holder: holder,
            owner: context.process,
            created: context.clock.unixTime(),
            parent: access.fingerprint(id),
            // How long an unanswered request may still act does not depend on how long we waited for it.
            requestTimeout: max(CloudConnection.latestEffect, access.cloud.connection.timeout.components.seconds)
        )
        (lease.job, lease.outlivesJob) = (request.job, request.outlivesJob)
        lease.slot = context.system.slot
        lease.executable = try? ProgramFolder.reachableExecutable()
        lease.helper = request.helper
        guard !access.isDirect else { return lease }
        let now = context.clock.unixTime()
        let entry = Lease.Unresolved(
            nonce: Nonce(from: context.random),
            since: now,
            expires: request.lifetime.expiry(from: now)
        )
        lease.apply(.requesting(entry))
        return lease
    }
}

extension Context {
    /// The user's settings of the Pulumi CLI, which hold no credential; nil when there are none.
    func userConfiguration(within budget: TimeBudget) -> [UInt8]? {
        guard let folder = PulumiFolder.holding("config.json", in: environment) else { return nil }
        // A job can do without them, and a file that nobody writes must not take the time for the mint.
        let short = budget.reserving(budget.remaining / 4 * 3)
        return try? FileReader.within(short).contents(of: folder + "/config.json", limit: 1 << 20).bytes
    }

    /// What of the user's login decides which backend the job's commands use; nil when nobody has logged in.
    func userLogin(
        choosing cloud: CloudChoice,
        _ options: CloudOptions,
        within budget: TimeBudget
    ) throws(Explanation) -> [UInt8]? {
        let named = environment.nonEmpty("PULUMI_BACKEND_URL")
        let exported = cloud.variable.flatMap { $0.name == "PULUMI_BACKEND_URL" ? $0.value : nil }
        do throws(CredentialError) {
            let login = try PulumiLogin.load(environment, by: .within(budget))
            return login?.withoutTokens(choosing: exported ?? named)
        } catch {
            let project = named == nil ? try Parent.project(options, self) : nil
            guard named == nil, project == nil else { return nil }
            throw CloudChoice.unknownBackend(error)
        }
    }
}
