import HTTPTransport
import HostSystem
import PulumiCloud
import Secrets
import StubTransport

@testable import TokenLifecycle

/// What minting and revoking need, on a virtual clock, with everything that happens written down in order.
final class Stage {
    let time: VirtualClock
    let budget: TimeBudget
    let cloud: PulumiCloud
    let records: JournalledRecords
    /// Records, masks, requests and exports, in their order.
    let journal = Journal()
    private(set) var said: [String] = []

    init(
        _ transport: any HTTPTransport,
        time: VirtualClock = VirtualClock(),
        deadline: Duration = .seconds(120),
        timeout: Duration = .seconds(30)
    ) throws {
        self.time = time
        budget = time.budget(deadline)
        records = JournalledRecords(journal: journal)
        cloud = PulumiCloud(
            CloudConnection(
                url: .pulumiCloud,
                transport: transport,
                timeout: timeout,
                budget: budget,
                userAgent: "pulumi-token/test",
                warn: { _ in },
                now: time.clock.unixTime
            ),
            credential: Secret("parent-credential")
        )
    }

    var retrying: Retrying { Retrying(budget: budget, random: .fixed(0.5), trace: { _ in }) }

    var report: Reporter {
        Reporter(
            info: { self.said.append($0) },
            notice: { self.said.append("notice: " + $0) },
            warning: { message, _ in self.said.append("warning: " + message) },
            trace: { _ in },
            hide: { _ in }
        )
    }

    var tools: Minting.Tools {
        Minting.Tools(
            cloud: cloud,
            records: records,
            budget: budget,
            clock: time.clock,
            random: .counting(),
            mask: { secret throws(Explanation) in self.journal.add("mask \(secret.text)") },
            report: report,
            explain: { Explanation(.failed, $0.summary) },
            fingerprint: { Fingerprint(of: Secret("parent-credential"), salt: $0) }
        )
    }

    func lease(_ session: String = "s") -> Lease {
        Lease(
            id: Nonce(from: .fixed(0.25)),
            session: session,
            cloud: CloudURL.pulumiCloud.text,
            run: RunTag(hashing: "run"),
            holder: .job,
            owner: .current(),
            created: time.clock.unixTime(),
            parent: Fingerprint(of: Secret("parent-credential"), salt: Nonce(from: .fixed(0.25))),
            requestTimeout: 30
        )
    }

    func order(_ change: (inout MintOrder) -> Void = { _ in }) -> MintOrder {
        var order = MintOrder(text: "text", lifetime: .lasting(600), reason: nil)
        change(&order)
        return order
    }

    var revocation: Revocation {
        Revocation(
            cloud: cloud,
            retrying: retrying,
            budget: budget,
            clock: time.clock,
            fingerprint: { Fingerprint(of: Secret("parent-credential"), salt: $0) }
        )
    }
}

/// What happened, in order.
final class Journal {
    private(set) var entries: [String] = []

    func add(_ entry: String) { entries.append(entry) }
}

/// Records that only write down that they were written.
final class JournalledRecords: LeaseRecords {
    private let journal: Journal
    private(set) var saved: [Lease] = []
    var failure: FileError?
    /// The n-th save fails, counted from 1.
    var failingSave = Int.max

    init(journal: Journal) {
        self.journal = journal
    }

    func save(_ lease: Lease) throws(FileError) {
        if saved.count + 1 >= failingSave { throw FileError(.write, "/records", code: 28) }
        saved.append(lease)
        let state = lease.isExported ? "exported" : lease.tokenID.map { "token \($0)" } ?? "intent"
        journal.add("record \(state)")
    }

    func remove(_ lease: Lease) { journal.add("remove record") }
}

extension Randomness {
    /// Always other bytes, the same in each run.
    static func counting() -> Randomness {
        let counter = Counter()
        return Randomness { count in (0..<count).map { _ in counter.next() } }
    }
}

private final class Counter: @unchecked Sendable {
    private var state: UInt64 = 7

    func next() -> UInt8 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}

/// The error of something that must fail.
func lifecycleFailure(of body: () throws(LifecycleError) -> Void) -> LifecycleError? {
    do throws(LifecycleError) {
        try body()
        return nil
    } catch {
        return error
    }
}
