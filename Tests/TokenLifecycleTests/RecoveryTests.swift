import HostSystem
import PulumiCloud
import StubTransport
import TestBench
import Testing

@testable import TokenLifecycle

/// Which records are somebody's, and which are nobody's.
@Suite struct RecoveryTests {
    private let sandbox: ScratchFolder
    private let now = VirtualClock.start

    init() throws {
        sandbox = try ScratchFolder()
    }

    private func state(isStrict: Bool = true, _ change: (inout Lease) -> Void) throws -> Recovery.State? {
        let folder = LeaseFolder(path: sandbox.file("leases"))
        var lease = try Stage(StubTransport()).lease()
        lease.expires = now + 600
        lease.tokenID = try TokenID("t-1")
        change(&lease)
        try folder.save(lease)
        let recovery = Recovery(here: .current(), cloud: .pulumiCloud, now: now)
        let judged = recovery.judge(folder, isStrict: isStrict)
        #expect(judged.count == 1)
        folder.remove(lease)
        return judged.first?.state
    }

    private var dead: ProcessIdentity {
        var owner = ProcessIdentity.current()
        owner.startTime = 1
        return owner
    }

    private var earlierBoot: ProcessIdentity {
        var owner = ProcessIdentity.current()
        owner.boot = "earlier"
        return owner
    }

    @Test func `what a living process works on is left alone`() throws {
        #expect(try state { _ in } == .living)
        #expect(try state { $0.isExported = true } == .living)
    }

    @Test func `a half-done mint of a dead process is abandoned, a finished one is its job's`() throws {
        #expect(try state { $0.owner = dead } == .abandoned)
        #expect(try state { ($0.owner, $0.isExported) = (dead, true) } == .living)
        #expect(try state(isStrict: false) { ($0.owner, $0.isExported) = (dead, true) } == .living)
    }

    @Test func `a supervisor that is gone abandons its token, exported or not`() throws {
        #expect(try state { ($0.owner, $0.isExported, $0.holder) = (dead, true, .supervisor) } == .abandoned)
        #expect(try state { ($0.isExported, $0.holder) = (true, .supervisor) } == .living)
    }

    @Test func `a job that ran before this machine's last start is over, for a sweep`() throws {
        #expect(try state(isStrict: true) { ($0.owner, $0.isExported) = (earlierBoot, true) } == .living)
        #expect(try state(isStrict: false) { ($0.owner, $0.isExported) = (earlierBoot, true) } == .abandoned)
    }

    @Test func `a record of another cloud or of a machine that cannot be told is left alone`() throws {
        #expect(try state { ($0.cloud, $0.owner) = ("https://elsewhere.example", dead) } == .foreign)
        #expect(try state { $0.owner.machine = nil } == .living)
        #expect(try state { $0.owner.namespace = "pid:[1]" } == .living)
    }

    @Test func `what has certainly expired needs no request`() throws {
        #expect(try state { $0.expires = now - 86_401 } == .expired)
        #expect(try state { ($0.expires, $0.owner) = (now - 86_399, dead) } == .abandoned)
    }

    @Test func `a clock that is days ahead makes nothing expire, and no offset makes anything expire sooner`() throws {
        let ahead = now - 200_000
        #expect(try state { ($0.expires, $0.clockOffset) = (ahead + 600, -200_000) } == .living)
        #expect(try state { ($0.expires, $0.clockOffset) = (ahead - 86_401, -200_000) } == .expired)
        #expect(try state { $0.clockOffset = 200_000 } == .living)
    }
}
