import CISystems
import Credentials
import Glibc
import HTTPTransport
import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import TestBench
import TestMachine

@testable import TokenLifecycle

/// A machine with all that minting and revoking need: real records, a virtual clock, a cloud that is watched.
final class Stage {
    let machine: Machine
    let cloud: InMemoryCloud
    let wire: WatchedTransport
    var context: Context
    private let output: CaughtStream
    private let error: CaughtStream

    /// - Parameters:
    ///   - offset: how far the server's clock is ahead, seconds.
    ///   - change: of the machine's variables, which may name files of the machine.
    init(
        offset: Int64 = 0,
        limit: InMemoryCloud.Limit? = nil,
        pageSize: Int = 1000,
        on machine: Machine? = nil,
        variables change: (Machine) throws -> [String: String] = { _ in [:] }
    ) throws {
        let machine = try machine ?? Machine()
        self.machine = machine
        machine.variables.merge(try change(machine)) { $1 }
        let clock = machine.time.clock
        cloud = InMemoryCloud(now: { clock.unixTime() + offset }, limit: limit, pageSize: pageSize)
        wire = WatchedTransport(cloud)
        machine.transport = wire
        (output, error) = (try CaughtStream(), try CaughtStream())
        context = machine.context(output: output.descriptor, error: error.descriptor)
    }

    /// A step of GitHub Actions, whose log is masked and whose later steps read `GITHUB_ENV`.
    static func onGitHub() throws -> Stage {
        try Stage { machine in
            try machine.disk.makeFolder("runner")
            try machine.disk.write("", to: "env")
            return [
                "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7", "GITHUB_JOB": "deploy",
                "RUNNER_TEMP": machine.disk.file("runner"), "GITHUB_ENV": machine.disk.file("env"),
            ]
        }
    }

    var time: VirtualClock { machine.time }
    /// What was said on standard output, and on standard error.
    var printed: String { output.text }
    var said: String { error.text }

    /// The first words of all requests.
    var methods: [String] { cloud.requests.map { $0.split(separator: " ").first.map(String.init) ?? "" } }

    func keepErrors() { error.becomeFile(at: machine.disk.file("kept")) }

    // MARK: Minting

    func budget(_ length: Duration = .seconds(120)) -> TimeBudget { context.budget(length) }

    func parent() throws(Explanation) -> Parent { try .find(CloudOptions(), in: context) }

    func access(_ length: Duration = .seconds(120)) throws -> CloudAccess {
        try parent().open(within: budget(length), in: context)
    }

    func request(_ change: (inout MintRequest) -> Void = { _ in }) -> MintRequest {
        var request = MintRequest(text: "text", lifetime: .lasting(600), reason: nil)
        change(&request)
        return request
    }

    @discardableResult
    func mint(
        _ request: MintRequest? = nil,
        as forms: [ExportForm] = [.stdout],
        session: String = "s",
        at path: String? = nil
    ) throws(LifecycleError) -> Minted {
        try TokenLifecycleTests.mint(request ?? self.request(), as: forms, session: session, at: path, in: context)
    }

    /// How a mint fails; nil when it does not.
    func failure(_ request: MintRequest? = nil, as forms: [ExportForm] = [.stdout]) -> LifecycleError? {
        do throws(LifecycleError) {
            try mint(request, as: forms)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Leases

    var store: LeaseStore { LeaseStore(context) }

    /// What the records say now.
    var records: [Lease] { ((try? store.leases(of: nil))?.leases ?? []).map(\.lease) }

    /// A lease of this process and its credential, with nothing minted yet.
    func lease(_ session: String = "s", _ change: (inout Lease) -> Void = { _ in }) -> Lease {
        let id = Nonce(from: context.random)
        var lease = Lease(
            id: id,
            session: session,
            cloud: CloudURL.pulumiCloud.text,
            run: RunTag(hashing: "run"),
            holder: .job,
            owner: .current(),
            created: context.clock.unixTime(),
            parent: Fingerprint(of: Secret("parent-credential"), salt: id),
            requestTimeout: 30
        )
        change(&lease)
        return lease
    }

    /// A token in the cloud, and the lease that names it.
    func plantedLease(_ session: String = "s") throws -> Lease {
        let description = Description(text: "planted", nonce: Nonce(from: context.random), run: RunTag(hashing: "run"))
        cloud.plant(description: description.whole)
        let id = try TokenID(cloud.tokens.last?.id ?? "")
        let expires = context.clock.unixTime() + 600
        return lease(session) {
            $0.token = .init(id: id, fingerprint: nil, expires: expires, description: description.whole)
        }
    }

    /// The lease on the disk, as this process has it; its lock is free again.
    func keep(_ lease: Lease, at path: String? = nil) throws(Explanation) -> StoredLease {
        let stored = try create(lease, in: LeaseStore(context, path: path))
        awaitFree(stored)
        return stored
    }

    private func create(_ lease: Lease, in store: LeaseStore) throws(Explanation) -> StoredLease {
        let held = try store.create(lease)
        return held.stored
    }

    /// Waits until nobody holds the lock of a lease: a process that another test has just started has a copy of what is
    /// open here, until its exec.
    func awaitFree(_ stored: StoredLease) {
        for _ in 0..<RunningProgram.patience {
            guard stored.liveness == .held else { return }
            poll(nil, 0, 1)
        }
    }

    func revocation(within length: Duration = .seconds(120)) throws -> LeaseRevocation {
        LeaseRevocation(try access(length), in: context, within: budget(length))
    }

    var retrying: Retrying { Retrying(budget: budget(), random: .fixed(0.5), trace: { _ in }) }
}

/// Mints as a command does, and hands the token over.
func mint(
    _ request: MintRequest,
    as forms: [ExportForm] = [.nothing],
    session: String,
    at path: String? = nil,
    in context: Context,
    within length: Duration = .seconds(120)
) throws(LifecycleError) -> Minted {
    var exporter = Exporter(forms, to: ["PULUMI_ACCESS_TOKEN"], in: context)
    let parent = try lifecycle { () throws(Explanation) in
        try Parent.find(CloudOptions(), in: context)
    }
    let store = LeaseStore(context, path: path)
    let minter = Minter(context, parent: parent, session: Session(named: session), holder: .job, store: store)
    let lease = try minter.mint(request, by: &exporter, within: context.budget(length))
    let minted = lease.minted
    lease.handOver()
    return minted
}

/// A request under way that came to nothing.
func unresolved(_ number: Double = 0.1, since: Int64 = VirtualClock.start, expires: Int64) -> Lease.Unresolved {
    .init(nonce: Nonce(from: .fixed(number)), since: since, expires: expires)
}

extension TokenID {
    init(_ text: String) throws {
        struct NoTokenID: Error {}
        guard let id = TokenID(rawValue: text) else { throw NoTokenID() }
        self = id
    }
}
