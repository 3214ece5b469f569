import CISystems
import Glibc
import HostSystem
import PulumiCloud
import StubTransport
import Supervision
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// Which records are somebody's, and which are nobody's.
@Suite struct RecoveryTests {
    private let stage: Stage
    private let now = VirtualClock.start

    init() throws {
        stage = try Stage()
    }

    /// What is known of a lease whose owner's lock is free.
    private func state(expires: Int64? = nil, _ change: (inout Lease) -> Void) throws -> LeaseState {
        let stored = try stage.keep(
            stage.lease {
                $0.token = .init(id: TokenID(rawValue: "t-1"), fingerprint: nil, expires: expires ?? now + 600)
                change(&$0)
            }
        )
        return stage.store.state(of: stored, in: .pulumiCloud)
    }

    private var dead: ProcessIdentity {
        var owner = ProcessIdentity.current()
        owner.startTime = 1
        return owner
    }

    @Test func `what a living process works on is left alone`() throws {
        #expect(try state { _ in } == .living)
        #expect(try state { $0.isExported = true } == .living)
    }

    @Test func `a half-done mint of a dead process is abandoned, a finished one is its job's`() throws {
        #expect(try state { $0.owner = dead } == .abandoned)
        #expect(try state { ($0.owner, $0.isExported) = (dead, true) } == .living)
    }

    @Test func `a token whose job is gone is abandoned, and one of which nobody knows is its job's`() throws {
        let own = try #require(WatchedProcess(pid: getpid()))
        let over = WatchedProcess(pid: own.pid, startTime: own.startTime + 1)
        #expect(try state { ($0.isExported, $0.job) = (true, own) } == .living)
        #expect(try state { ($0.isExported, $0.job) = (true, over) } == .abandoned)
        var elsewhere = ProcessIdentity.current()
        elsewhere.namespace = "pid:[1]"
        #expect(try state { ($0.owner, $0.isExported, $0.job) = (elsewhere, true, over) } == .living)
        elsewhere = .current()
        elsewhere.boot = "another"
        #expect(try state { ($0.owner, $0.isExported, $0.job) = (elsewhere, true, over) } == .living)
    }

    @Test func `a token whose shell is gone is abandoned`() throws {
        let folder = try JobFolder.create(in: stage.machine.disk.path, for: Nonce(from: .system))
        for (number, expected) in [(getpid(), LeaseState.living), (.max, .abandoned), (0, .living)] {
            try Array("\(number)\n".utf8).withUnsafeBytes { bytes in
                try Descriptor.open(folder.shellFile, O_WRONLY | O_CREAT | O_TRUNC).write(bytes)
            }
            #expect(try state { ($0.isExported, $0.folder) = (true, folder.path) } == expected)
        }
    }

    @Test func `a job in the place of another is that one's end`() throws {
        var here = ProcessIdentity.current()
        here.machine = "machine"
        let job = ["GITLAB_CI": "true", "CI_RUNNER_ID": "7", "CI_CONCURRENT_ID": "2", "CI_JOB_ID": "12"]
        let place = stage.machine.disk.file("project")
        let machine = try Stage { _ in job.merging(["CI_PROJECT_DIR": place]) { $1 } }
        var context = machine.context
        context.process = here
        let store = LeaseStore(context)
        let state = { (change: (inout Lease) -> Void) throws -> LeaseState in
            var lease = stage.lease {
                $0.token = .init(id: TokenID(rawValue: "t-1"), fingerprint: nil, expires: now + 600)
                ($0.isExported, $0.owner, $0.slot) = (true, here, context.system.slot)
            }
            change(&lease)
            let record = LeasePlace.directory(place + ".tmp/pulumi-token", isDurable: false)
            let stored = StoredLease(lease, in: [record], isCertain: false)
            return store.state(of: stored, in: .pulumiCloud)
        }
        #expect(try state { _ in } == .abandoned)
        #expect(try state { $0.session = context.system.sessionID ?? "" } == .living)
        #expect(try state { $0.slot = "gitlab|||7|3" } == .living)
        #expect(try state { $0.slot = nil } == .living)
        #expect(try state { $0.owner.machine = "another" } == .living)
    }

    @Test func `a supervisor that is gone abandons its token, exported or not`() throws {
        #expect(try state { ($0.owner, $0.isExported, $0.holder) = (dead, true, .supervisor) } == .abandoned)
        #expect(try state { ($0.isExported, $0.holder) = (true, .supervisor) } == .living)
    }

    @Test func `a record of another cloud, boot or machine is left alone`() throws {
        #expect(try state { ($0.cloud, $0.owner) = ("https://elsewhere.example", dead) } == .foreign)
        var owner = dead
        owner.boot = "another"
        #expect(try state { $0.owner = owner } == .unknown)
        owner.machine = "another"
        #expect(try state { $0.owner = owner } == .unknown)
    }

    @Test func `what has certainly expired needs no request`() throws {
        #expect(try state(expires: now - 86_401) { _ in } == .expired)
        #expect(try state(expires: now - 86_399) { $0.owner = dead } == .abandoned)
    }

    @Test func `a clock that is days ahead makes nothing expire, and no offset makes anything expire sooner`() throws {
        let ahead = now - 200_000
        #expect(try state(expires: ahead + 600) { $0.clockOffset = -200_000 } == .living)
        #expect(try state(expires: ahead - 86_401) { $0.clockOffset = -200_000 } == .expired)
        #expect(try state { $0.clockOffset = 200_000 } == .living)
    }
}
